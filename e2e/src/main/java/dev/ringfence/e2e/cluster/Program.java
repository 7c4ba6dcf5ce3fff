package dev.ringfence.e2e.cluster;

import java.util.List;

/** A program of the control plane and the Go module it is built from. */
enum Program {
  ETCD("etcd", Module.ETCD, "", 40),
  KUBE_APISERVER("kube-apiserver", Module.KUBERNETES, "/cmd/kube-apiserver", 180),
  KUBE_CONTROLLER_MANAGER(
      "kube-controller-manager", Module.KUBERNETES, "/cmd/kube-controller-manager", 40),
  KUBE_SCHEDULER("kube-scheduler", Module.KUBERNETES, "/cmd/kube-scheduler", 5),
  KUBECTL("kubectl", Module.KUBERNETES, "/cmd/kubectl", 20),
  KWOK("kwok", Module.KWOK, "/cmd/kwok", 50);

  /** The name of the executable. */
  final String executable;

  final Module module;
  final String packagePath;

  /** Seconds that a cold build took on two cores, with the programs above it already built. */
  final int buildSeconds;

  Program(String executable, Module module, String folder, int buildSeconds) {
    this.executable = executable;
    this.module = module;
    this.packagePath = module.path + folder;
    this.buildSeconds = buildSeconds;
  }

  /**
   * A pinned Go module. Its go.mod and go.sum are {@code e2e/local/<folder>}; {@code ModulesTest}
   * holds the version here against the one there.
   */
  enum Module {
    ETCD("etcd", "go.etcd.io/etcd/server/v3", "3.7.3"),
    KUBERNETES("kubernetes", "k8s.io/kubernetes", "1.36.3"),
    KWOK("kwok", "sigs.k8s.io/kwok", "0.8.0");

    final String folder;
    final String path;

    /** Without the leading v. */
    final String version;

    Module(String folder, String path, String version) {
      this.folder = folder;
      this.path = path;
      this.version = version;
    }

    /** Linker flags by which the programs know their version; the release build sets the same. */
    String linkerFlags() {
      return switch (this) {
        case ETCD -> "-s -w";
        case KWOK -> "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v" + version;
        case KUBERNETES -> {
          var flags = new StringBuilder("-s -w");
          var parts = version.split("\\.", -1);
          for (var p : List.of("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")) {
            flags.append(" -X ").append(p).append(".gitVersion=v").append(version);
            flags.append(" -X ").append(p).append(".gitMajor=").append(parts[0]);
            flags.append(" -X ").append(p).append(".gitMinor=").append(parts[1]);
          }
          yield flags.toString();
        }
      };
    }
  }
}

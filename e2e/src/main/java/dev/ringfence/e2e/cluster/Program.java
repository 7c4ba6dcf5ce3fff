package dev.ringfence.e2e.cluster;

import java.util.List;
import java.util.stream.Stream;

/** A program of a control plane or of a node, and the Go module it is built from. */
public enum Program {
  ETCD("etcd", Module.ETCD, "", 40),
  KUBE_APISERVER("kube-apiserver", Module.KUBERNETES, "/cmd/kube-apiserver", 180),
  KUBE_CONTROLLER_MANAGER(
      "kube-controller-manager", Module.KUBERNETES, "/cmd/kube-controller-manager", 40),
  KUBE_SCHEDULER("kube-scheduler", Module.KUBERNETES, "/cmd/kube-scheduler", 5),
  KUBECTL("kubectl", Module.KUBERNETES, "/cmd/kubectl", 20),
  KWOK("kwok", Module.KWOK, "/cmd/kwok", 50),
  KUBELET("kubelet", Module.KUBERNETES, "/cmd/kubelet", 100),
  KUBEADM("kubeadm", Module.KUBERNETES, "/cmd/kubeadm", 60),
  KUBE_PROXY("kube-proxy", Module.KUBERNETES, "/cmd/kube-proxy", 10),
  KIND("kind", Module.KIND, "", 20),
  RUNC("runc", Module.RUNC, "", 20),
  CONTAINERD("containerd", Module.CONTAINERD, "/cmd/containerd", 60),
  CONTAINERD_SHIM("containerd-shim-runc-v2", Module.CONTAINERD, "/cmd/containerd-shim-runc-v2", 5),
  CTR("ctr", Module.CONTAINERD, "/cmd/ctr", 5),
  CRICTL("crictl", Module.CRI_TOOLS, "/cmd/crictl", 40),
  CNI_HOST_LOCAL("host-local", Module.CNI, "/plugins/ipam/host-local", 10),
  CNI_LOOPBACK("loopback", Module.CNI, "/plugins/main/loopback", 2),
  CNI_PTP("ptp", Module.CNI, "/plugins/main/ptp", 2),
  CNI_PORTMAP("portmap", Module.CNI, "/plugins/meta/portmap", 2),
  COREDNS("coredns", Module.COREDNS, "", 115),
  POD_NETWORK("pod-network", Module.NODE, "/pod-network", 3),
  PAUSE("pause", Module.NODE, "/pause", 1),
  HELM("helm", Module.HELM, "/cmd/helm", 70),
  CYCLONUS("cyclonus", Module.CYCLONUS, "/cmd/cyclonus", 75),
  GLUA("glua", Module.GLUA, "/cmd/glua", 5);

  /** What a control plane of processes is made of. */
  public static final List<Program> CONTROL_PLANE =
      List.of(ETCD, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER, KUBECTL, KWOK);

  /** What the node image of Kind is made of, beside Debian's packages. */
  public static final List<Program> NODE =
      Stream.of(values())
          .filter(p -> !List.of(KWOK, KIND, HELM, CYCLONUS, GLUA).contains(p))
          .toList();

  /** The name of the executable. */
  public final String executable;

  public final Module module;
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
   * A pinned Go module. Its go.mod and go.sum are {@code e2e/local/<folder>}; {@code ProgramTest}
   * holds the version here against the one there.
   */
  public enum Module {
    ETCD("etcd", "go.etcd.io/etcd/server/v3", "3.7.3"),
    KUBERNETES("kubernetes", "k8s.io/kubernetes", "1.36.3"),
    KWOK("kwok", "sigs.k8s.io/kwok", "0.8.0"),
    KIND("kind", "sigs.k8s.io/kind", "0.33.0"),
    RUNC("runc", "github.com/opencontainers/runc", "1.4.0"),
    CONTAINERD("containerd", "github.com/containerd/containerd/v2", "2.2.1"),
    CRI_TOOLS("cri-tools", "sigs.k8s.io/cri-tools", "1.36.0"),
    CNI("cni", "github.com/containernetworking/plugins", "1.9.1"),
    COREDNS("coredns", "github.com/coredns/coredns", "1.14.3"),
    /** Says what NetworkPolicies allow. */
    CYCLONUS("cyclonus", "github.com/mattfenwick/cyclonus", "0.5.6"),
    HELM("helm", "helm.sh/helm/v4", "4.3.2"),
    /** The Lua that Argo CD runs health scripts in. */
    GLUA("glua", "github.com/yuin/gopher-lua", "1.1.2"),
    /** Our own two small programs; the version goes up with every change of them. */
    NODE("node", "dev.ringfence/local/node", "1", "pause/main.go", "pod-network/main.go");

    final String folder;
    final String path;

    /** Without the leading v. */
    public final String version;

    /** The module's own source files; none where it is somebody else's. */
    final List<String> sources;

    Module(String folder, String path, String version, String... sources) {
      this.folder = folder;
      this.path = path;
      this.version = version;
      this.sources = List.of(sources);
    }

    /** The files of the module that the build needs. */
    List<String> files() {
      return Stream.concat(Stream.of("go.mod", "go.sum"), sources.stream()).toList();
    }

    /** runc's seccomp filter is a C library. */
    boolean usesC() {
      return this == RUNC;
    }

    List<String> buildTags() {
      return switch (this) {
        case RUNC -> List.of("seccomp");
        case CONTAINERD -> List.of("no_aufs", "no_btrfs", "no_devmapper", "no_zfs");
        default -> List.of();
      };
    }

    /** Linker flags by which the programs know their version; the release build sets the same. */
    String linkerFlags() {
      return switch (this) {
        case HELM -> "-s -w -X helm.sh/helm/v4/internal/version.version=v" + version;
        case ETCD, KIND, CNI, COREDNS, CYCLONUS, NODE, GLUA -> "-s -w";
        case KWOK -> "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v" + version;
        case RUNC -> "-s -w -X main.version=" + version;
        case CONTAINERD -> "-s -w -X " + path + "/version.Version=v" + version;
        case CRI_TOOLS -> "-s -w -X " + path + "/pkg/version.Version=v" + version;
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

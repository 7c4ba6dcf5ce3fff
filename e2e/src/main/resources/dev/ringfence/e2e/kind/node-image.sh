#!/bin/bash
# node-image.sh: makes a node image for Kind from Debian's packages and the programs in $PROGRAMS, without a registry.
#   PROGRAMS     folder with the Kubernetes programs, etcd, coredns, containerd, runc, the CNI plug-ins, pause, pod-network
#   KIND_FILES   images/base/files of Kind's own source
#   MANIFESTS    folder with default-cni.yaml and default-storage.yaml
#   WORK         an empty folder; OUTPUT  the archive to write; IMAGE  its name
#   KUBERNETES ETCD COREDNS   versions without v
# Needs a Docker daemon at DOCKER_HOST, root, mmdebstrap. Follows images/base/Dockerfile and pkg/build/nodeimage of Kind.
set -euo pipefail
root=$WORK/root
images=()

# stage TREE FILE...: copies files of the root file system, and the libraries they need, into a small image's tree
stage() {
  local tree=$1 file part
  shift
  mkdir -p "$tree"/usr/{bin,sbin,lib,lib64,local/bin} "$tree"/{tmp,etc}
  for part in bin sbin lib lib64; do [ -e "$tree/$part" ] || ln -s "usr/$part" "$tree/$part"; done
  for file in "$@"; do
    for part in "$file" $(chroot "$root" ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
      [ -e "$tree$part" ] || { mkdir -p "$tree$(dirname "$part")" && cp -aL "$root$part" "$tree$part"; }
    done
  done
}

# pack TREE IMAGE [CHANGE...]
pack() {
  tar -C "$1" -c . | docker import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "${@:3}" - "$2" >/dev/null
  images+=("$2")
  rm -rf "$1"
}

tree() {
  mkdir -p "$WORK/image/$1"
  echo "$WORK/image/$1"
}

echo "Debian's packages for the node's root file system"
# Debian 12: its systemd still starts on hosts with cgroup v1.
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  [ ! -f "$file" ] || ! grep -q bookworm "$file" || { sources=("$file") && break; }
done
mmdebstrap --quiet --variant=apt \
  --include=systemd,dbus,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,pigz,socat,e2fsprogs,bash,ca-certificates,curl,jq,procps,hostname \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  bookworm "$root" "${sources[@]}"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

echo "the images that kubeadm and Kind want inside the node"
for program in kube-apiserver kube-controller-manager kube-scheduler; do
  t=$(tree "$program")
  stage "$t"
  cp "$PROGRAMS/$program" "$t/usr/local/bin/"
  pack "$t" "registry.k8s.io/$program:v$KUBERNETES"
done
t=$(tree etcd)
stage "$t"
cp "$PROGRAMS/etcd" "$t/usr/local/bin/"
pack "$t" "registry.k8s.io/etcd:v$ETCD"
t=$(tree kube-proxy)
stage "$t" /usr/sbin/xtables-nft-multi /usr/sbin/nft /usr/sbin/conntrack \
  $(cd "$root" && find usr/lib/*/xtables -name '*.so' -printf '/%p ')
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s xtables-nft-multi "$t/usr/sbin/$name"
done
cp "$root/etc/protocols" "$root/etc/services" "$t/etc/"
cp "$PROGRAMS/kube-proxy" "$t/usr/local/bin/"
pack "$t" "registry.k8s.io/kube-proxy:v$KUBERNETES"
t=$(tree coredns)
cp "$PROGRAMS/coredns" "$t/"
pack "$t" "registry.k8s.io/coredns/coredns:v$COREDNS" --change 'ENTRYPOINT ["/coredns"]'
t=$(tree pause)
cp "$PROGRAMS/pause" "$t/"
pack "$t" "$(sed -n 's/.*sandbox_image = "\(.*\)"/\1/p' "$KIND_FILES/etc/containerd/config.toml")" \
  --change 'ENTRYPOINT ["/pause"]'
t=$(tree pod-network)
cp "$PROGRAMS/pod-network" "$t/"
pack "$t" localhost/pod-network:v1 --change 'ENTRYPOINT ["/pod-network"]'

echo "the node: Kind's files and the programs"
cp -r "$KIND_FILES/." "$root/"
mkdir -p "$root/opt/cni/bin" "$root/kind/manifests" "$root/etc/kubernetes/manifests"
cp "$MANIFESTS"/default-{cni,storage}.yaml "$root/kind/manifests/"
chmod -R u+w "$root/kind" "$root/etc/containerd"
chmod 755 "$root"/kind "$root"/kind/bin "$root"/kind/bin/* "$root"/usr/local/bin/*
cp "$PROGRAMS"/{containerd,containerd-shim-runc-v2,ctr,crictl} "$root/usr/local/bin/"
cp "$PROGRAMS/runc" "$root/usr/local/sbin/"
cp "$PROGRAMS"/{kubeadm,kubelet,kubectl} "$root/usr/bin/"
cp "$PROGRAMS"/{host-local,loopback,ptp,portmap} "$root/opt/cni/bin/"
printf 'v%s' "$KUBERNETES" >"$root/kind/version"
chroot "$root" bash -euc '
  rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
    /lib/systemd/system/{multi-user,local-fs,basic}.target.wants/* /etc/systemd/system/*.wants/* \
    /lib/systemd/system/sockets.target.wants/*{udev,initctl}*
  echo ReadKMsg=no >>/etc/systemd/journald.conf
  ln -sf /usr/lib/systemd/systemd /sbin/init
  systemctl -q enable kubelet.service containerd.service undo-mount-hacks.service
  systemctl -q mask systemd-binfmt.service
  # Without CAP_SYS_RESOURCE no pod would start otherwise.
  sed -i "s/restrict_oom_score_adj = false/restrict_oom_score_adj = true/" /etc/containerd/config.toml
  ctr oci spec | jq ".hooks.createContainer += [{path: \"/kind/bin/mount-product-files.sh\"}] | del(.process.rlimits)" \
    >/etc/containerd/cri-base.json'
tar -C "$root" -c . | docker import - local/kind-node-empty >/dev/null
rm -rf "$root"

echo "the images go into the node's containerd"
docker rm -fv kind-node-image >/dev/null 2>&1 || true
docker run -d --name kind-node-image --stop-signal SIGRTMIN+3 --privileged --network none --entrypoint sleep \
  local/kind-node-empty infinity >/dev/null
docker exec kind-node-image bash -c '
  nohup containerd >/dev/null 2>&1 &
  for i in $(seq 300); do [ -S /run/containerd/containerd.sock ] && ctr info >/dev/null 2>&1 && exit; sleep 0.1; done
  exit 1'
docker save "${images[@]}" | docker exec -i kind-node-image ctr -n k8s.io images import \
  --label=io.cri-containerd.pinned=pinned --all-platforms --no-unpack --digests - >/dev/null
docker exec kind-node-image bash -c '
  kill $(pidof containerd)
  while pidof containerd >/dev/null; do sleep 0.1; done'
docker commit --change 'ENV container=docker' --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' \
  kind-node-image "$IMAGE" >/dev/null
docker rm -fv kind-node-image >/dev/null
docker rmi -f "${images[@]}" local/kind-node-empty >/dev/null 2>&1 || true
echo "the archive"
docker save -o "$OUTPUT" "$IMAGE"

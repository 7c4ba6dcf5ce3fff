#!/bin/bash
# docker.sh STATE: a Docker daemon that ends when this script's standard input does, and leaves nothing.
# It runs in PID, network and mount namespaces of its own. When their first process ends, the kernel ends the daemon, its
# containers, their mounts, its bridges and its firewall rules; the host's own are never touched. One link leads in,
# 198.18.N.1 to 198.18.N.2 (addresses for tests of devices, RFC 2544), so that the host reaches the nodes; none leads out.
# Files in STATE: `log`; `docker.sock`; `ready` once the daemon answers.
set -u
state=$1

inside() {
  local args=() capabilities
  mount -t proc proc /proc
  ip link set lo up
  for _ in $(seq 100); do ip link set "inner$number" name inner 2>/dev/null && break; sleep 0.05; done
  ip address add "198.18.$number.2/26" dev inner && ip link set inner up && ip route add default via "198.18.$number.1"
  # dockerd's runc asks for every capability; where this machine has no CAP_SYS_RESOURCE (bit 24) no privileged container
  # would start, so it is taken out of each container's and each process's configuration.
  capabilities=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
  if ! (((16#$capabilities >> 24) & 1)); then
    cat >"$state/runc" <<'RUNC'
#!/bin/bash
previous= file= key=
for a in "$@"; do
  case $previous in
    --bundle | -b) file=$a/config.json key=.process ;;
    --process | -p) file=$a key= ;;
  esac
  previous=$a
done
if [ -n "$file" ] && [ -f "$file" ]; then
  new=$(jq -c "$key.capabilities |= (if . then map_values(map(select(. != \"CAP_SYS_RESOURCE\"))) else . end)" "$file") &&
    printf '%s' "$new" >"$file"
fi
exec runc "$@"
RUNC
    chmod +x "$state/runc"
    args=(--add-runtime "without-resource=$state/runc" --default-runtime without-resource)
  fi
  dockerd --data-root "$state/data" --exec-root "$state/exec" --pidfile "$state/pid" -H "unix://$state/docker.sock" \
    --bip "198.18.$number.65/26" --default-address-pool "base=198.18.$number.128/25,size=26" \
    --cgroup-parent "/ringfence-$number" "${args[@]}" 3<&- &
  local daemon=$!
  {
    until docker -H "unix://$state/docker.sock" version >/dev/null 2>&1; do
      kill -0 "$daemon" 2>/dev/null || exit
      sleep 0.1
    done
    # Docker lets only published ports through; a test may look at any.
    iptables -I DOCKER-USER -i inner -j ACCEPT
    touch "$state/ready"
  } 3<&- &
  { read -r _ <&3; kill -KILL "$daemon"; } &
  wait "$daemon"
}

if [ "${2:-}" = inside ]; then
  number=$3
  inside
  exit
fi

exec 3<&0 </dev/null
mkdir -p "$state"
# The link's name is the lock on the number.
for number in $(seq 0 255); do
  ip link add "ringfence$number" type veth peer name "inner$number" 2>/dev/null && break
  number=
done
if [ -z "$number" ]; then
  echo "no network link could be made" >>"$state/log"
  exit 1
fi
unshare --pid --net --mount --fork --kill-child bash "$0" "$state" inside "$number" 1>>"$state/log" 2>&1 &
namespaces=$!
for _ in $(seq 100); do
  first=$(pgrep -P "$namespaces") && break
  sleep 0.02
done
{
  ip link set "inner$number" netns "$first"
  ip address add "198.18.$number.1/26" dev "ringfence$number"
  ip link set "ringfence$number" up
  ip route add "198.18.$number.128/25" via "198.18.$number.2"
} 1>>"$state/log" 2>&1
{ read -r _ <&3; kill -KILL "$first" 2>/dev/null; } &
reader=$!
wait "$namespaces"
kill "$reader" 2>/dev/null
ip link delete "ringfence$number" 2>/dev/null
for controller in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ ! -d "$controller/ringfence-$number" ] || find "$controller/ringfence-$number" -depth -type d -exec rmdir {} + 2>/dev/null
done
rm -rf "$state"

#!/bin/bash
# cluster.sh KIND NAME FOLDER: deletes a Kind cluster and its folder when this script's standard input ends, and the
# network `kind` if this cluster was what it was made for.
exec 3<&0 </dev/null
docker network inspect kind >/dev/null 2>&1 && before=true || before=false
read -r _ <&3
"$1" delete cluster --name "$2" --kubeconfig "$3/kubeconfig" >/dev/null 2>&1
$before || docker network rm kind >/dev/null 2>&1
rm -rf "$3"

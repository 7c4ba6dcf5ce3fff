/**
 * A real Kubernetes control plane out of processes: etcd, kube-apiserver, kube-controller-manager,
 * kube-scheduler and KWOK's simulated nodes, without Docker and without root.
 */
@NullMarked
package dev.ringfence.e2e.cluster;

import org.jspecify.annotations.NullMarked;

/** What users install, on a control plane of ours. */
@NullMarked
package dev.ringfence.e2e.install;

import org.jspecify.annotations.NullMarked;

/** What a platform team meets: shipped manifests, doctor, metrics, the documented commands. */
@NullMarked
package dev.ringfence.e2e.operate;

import org.jspecify.annotations.NullMarked;

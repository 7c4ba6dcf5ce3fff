/** The sockets: clients on one side, the engine on the other, one thread between them. */
@NullMarked
package dev.ringfence.guard.proxy;

import org.jspecify.annotations.NullMarked;

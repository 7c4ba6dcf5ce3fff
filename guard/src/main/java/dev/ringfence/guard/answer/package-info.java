/** What an engine may answer: members, length, events. */
@NullMarked
package dev.ringfence.guard.answer;

import org.jspecify.annotations.NullMarked;

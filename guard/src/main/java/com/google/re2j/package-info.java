/**
 * One class of ours in RE2/J's package: it reads the programs that RE2/J compiles, which nothing
 * else may see (docs/decisions, deny patterns).
 */
@NullMarked
package com.google.re2j;

import org.jspecify.annotations.NullMarked;

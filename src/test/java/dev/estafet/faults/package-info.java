/** What breaks in the middle of a switchover, on real servers. */
@NullMarked
package dev.estafet.faults;

import org.jspecify.annotations.NullMarked;

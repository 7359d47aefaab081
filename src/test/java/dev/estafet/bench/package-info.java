/**
 * The benchmark behind {@code script/bench}: planned switchovers of two servers on this machine, by Estafet and by others, in
 * alternation. Every figure that the documentation quotes comes from here. Only figures of the same run can be compared, since
 * machines differ and are never quite idle.
 */
@NullMarked
package dev.estafet.bench;

import org.jspecify.annotations.NullMarked;

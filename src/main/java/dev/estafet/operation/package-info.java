/**
 * Any operation, whatever it does: a table of phases, run from top to bottom, journaled before each step, undone from
 * bottom to top as long as the point of no return has not been passed, and told live to whoever listens.
 */
@NullMarked
package dev.estafet.operation;

import org.jspecify.annotations.NullMarked;

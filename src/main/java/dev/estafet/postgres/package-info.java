/**
 * One local PostgreSQL server: its tools, its files and its SQL, one class each. Knows nothing of clusters, peers or
 * operations, and waits for nothing without a time-out.
 */
@NullMarked
package dev.estafet.postgres;

import org.jspecify.annotations.NullMarked;

/**
 * The PgBouncers in front of the cluster: a switchover has them hold their clients back before the primary stops, and let
 * them on once there is a primary again, so that clients wait instead of failing. What a PgBouncer is owed is on disk
 * before it is paused, so that no crash leaves clients waiting for good.
 */
@NullMarked
package dev.estafet.pgbouncer;

import org.jspecify.annotations.NullMarked;

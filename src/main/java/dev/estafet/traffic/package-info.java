/**
 * What load balancers ask: whether a node takes writes or reads now, and which endpoints may serve them. All of it is
 * answered from memory; a look costs microseconds and no query.
 */
@NullMarked
package dev.estafet.traffic;

import org.jspecify.annotations.NullMarked;

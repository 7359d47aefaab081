/** Estafet: PostgreSQL planned switchover as a service. */
@NullMarked
package dev.estafet;

import org.jspecify.annotations.NullMarked;

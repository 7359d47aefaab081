/**
 * Estafet: PostgreSQL planned switchover as a service.
 *
 * <p>The root holds only what every layer speaks: the {@link dev.estafet.EstafetConfig configuration} and the
 * {@link dev.estafet.Problem} that any of them may meet. The packages below it stand in layers, each importing only
 * those under it: {@code api, traffic → setup, switchover → operation → cluster → node → postgres}.
 */
@NullMarked
package dev.estafet;

import org.jspecify.annotations.NullMarked;

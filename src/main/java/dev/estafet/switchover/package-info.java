/**
 * Planned switchover: the {@linkplain dev.estafet.switchover.Preflight checks} before it, the one {@linkplain
 * dev.estafet.switchover.SwitchoverProcedure transition table}, and the certificate after it. The candidate drives, and
 * its decision to promote is the commit: before it every failure puts the old primary back to work, after it there is only
 * forward.
 */
@NullMarked
package dev.estafet.switchover;

import org.jspecify.annotations.NullMarked;

/**
 * Failover: a person says that the primary is lost, and which loss is acceptable, and a standby takes over. Never by itself:
 * from inside, a lost primary and a cut network look the same, and only a person can know that the old one is fenced.
 */
@NullMarked
package dev.estafet.failover;

import org.jspecify.annotations.NullMarked;

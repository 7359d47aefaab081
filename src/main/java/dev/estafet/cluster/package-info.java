/**
 * The members as this node knows them: itself from its own probe, the others from their services. There is no central
 * monitor; each node's view is its own, and says how old it is.
 */
@NullMarked
package dev.estafet.cluster;

import org.jspecify.annotations.NullMarked;

/**
 * Bringing a server back behind the primary: straight where its history is part of the primary's, rewound where it forked,
 * as a fresh copy where that cannot be done and is allowed. Driven by the node that comes back, because a person asked or by
 * itself. What lies on the branch that is given up is never deleted.
 */
@NullMarked
package dev.estafet.rejoin;

import org.jspecify.annotations.NullMarked;

/**
 * This node: one PostgreSQL server and what its own service says of it. A node is what its own service says it is; so
 * the {@linkplain dev.estafet.node.Prober probe} that labels it is here, and the {@linkplain dev.estafet.node.Node verbs}
 * with which an operation's driver, here or on another node, has it demoted, put back or made to follow.
 */
@NullMarked
package dev.estafet.node;

import org.jspecify.annotations.NullMarked;

package dev.estafet.node;

/**
 * Fired when a peer has told by itself that its label has changed.
 *
 * @param state the peer's, with the new label
 */
public record News(NodeState state) {}

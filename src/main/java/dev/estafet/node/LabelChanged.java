package dev.estafet.node;

/**
 * Fired in the moment in which this node's label has changed, so that nobody has to wait for the next look at it.
 *
 * @param state with the new label
 */
public record LabelChanged(NodeState state) {}

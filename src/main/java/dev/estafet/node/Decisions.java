package dev.estafet.node;

/** Knows what became of the operations that this node drove; implemented where operations are. */
@FunctionalInterface
public interface Decisions {

    Decision on(String operation);
}

package dev.estafet.node;

/** Knows what became of operations; implemented where they are. */
public interface Decisions {

    /** What became of one that this node drove. */
    Decision on(String operation);

    /** Whether its driver, which may be another node, says that it has ended; a silent one does not. */
    boolean isOver(String operation);
}

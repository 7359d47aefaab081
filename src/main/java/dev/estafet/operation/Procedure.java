package dev.estafet.operation;

import dev.estafet.operation.Operation.Kind;
import java.util.List;

/**
 * What a kind of operation consists of.
 *
 * @param <C> what its actions work on
 */
public interface Procedure<C> {

    Kind kind();

    /** The transition table. */
    List<Phase<C>> phases();

    /** Mends what may have made a phase after the point of no return fail, before that phase is tried again. */
    default void beforeAnotherTry(C subject) {}

    /** Lets go of an operation that passed its point of no return and cannot be brought to its end. */
    void abandon(C subject);

    /** What the actions of this run work on; also made for a journaled operation that is taken up again. */
    C subject(Run run);
}

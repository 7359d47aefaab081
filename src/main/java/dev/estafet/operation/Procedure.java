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

    /** Lets go of an operation that passed its point of no return and cannot be brought to its end. */
    void abandon(C subject);

    /** What the actions of this run work on; also made for a journaled operation that is taken up again. */
    C subject(Run run);
}

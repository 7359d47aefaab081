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

    /** What the actions of this run work on; also made for a journaled operation that is taken up again. */
    C subject(Run run);
}

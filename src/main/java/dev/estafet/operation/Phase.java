package dev.estafet.operation;

import java.util.Optional;

/**
 * One row of an operation's transition table.
 *
 * @param <C> what the operation's actions work on
 * @param name one word, the same in journal, API, metrics and documentation
 * @param sentence what is done, as a runbook would say it; logged, journaled and returned as it stands here
 * @param action does it; idempotent, since it is repeated after a crash. Returns what was seen, a sentence for the journal
 * @param undoSentence what takes it back, for people; nothing where there is nothing to take back
 * @param undo takes it back, also where the action was only begun; idempotent too
 * @param isJournaled whether its begin is on disk before it begins; not so for a row inside the write gap after whose
 *     crash nothing would be done differently
 * @param isDecision whether this row is the point of no return: with its journal entry on disk there is only forward
 */
public record Phase<C>(
        String name,
        String sentence,
        Action<C> action,
        Optional<String> undoSentence,
        Undo<C> undo,
        boolean isJournaled,
        boolean isDecision) {

    /** What a phase does. */
    @FunctionalInterface
    public interface Action<C> {
        /** Returns what was seen or done, or nothing where the sentence says it all. */
        Optional<String> on(C subject);
    }

    /** What takes a phase back. */
    @FunctionalInterface
    public interface Undo<C> {
        /** Returns what the caller should be told of it, a sentence, or nothing. */
        Optional<String> on(C subject);
    }

    /** A row that need not be taken back. */
    public static <C> Phase<C> of(String name, String sentence, Action<C> action) {
        return new Phase<>(name, sentence, action, Optional.empty(), subject -> Optional.empty(), true, false);
    }

    /** A row that can be taken back. */
    public static <C> Phase<C> of(String name, String sentence, Action<C> action, String undoSentence, Undo<C> undo) {
        return new Phase<>(name, sentence, action, Optional.of(undoSentence), undo, true, false);
    }

    /** A row that only looks, or repeats harmlessly what follows from the decision: not worth a wait for the disk. */
    public static <C> Phase<C> unjournaled(String name, String sentence, Action<C> action) {
        return new Phase<>(name, sentence, action, Optional.empty(), subject -> Optional.empty(), false, false);
    }

    /** The point of no return; the decision is the journal entry that the row's begin writes. */
    public static <C> Phase<C> decision(String name, String sentence) {
        return new Phase<>(
                name, sentence, subject -> Optional.empty(), Optional.empty(), subject -> Optional.empty(), true, true);
    }
}

package dev.estafet.testing.simulation;

/**
 * A rule of {@code docs/protocol.md}, broken: calls in the production code that uphold it are led to {@link Woven}, which
 * does something else.
 */
enum Mutation {
    NONE("", "", ""),
    /** A state is in its file, but the file's content is not on the disk, before what it permits is done. */
    FILE_NOT_SYNCED("", "", ""),
    /** The content is on the disk, but its name is not. */
    DIRECTORY_NOT_SYNCED("", "", ""),
    /** Rule 1: verbs are obeyed whichever operation they name. */
    SECOND_OPERATION_ADMITTED("Enlistments", "", "equals"),
    /** Rule 2: the server's next start is one as primary. */
    NO_STANDBY_SIGNAL("Demotion", "demote", "markAsStandby"),
    /** Rule 2: what runs as primary although it was demoted goes on. */
    DEMOTED_RUNS_ON("Demotion", "keepDemoted", "isPrimaryAgain"),
    /** Rule 3: the control file is taken to say {@code shut down} whatever it says. */
    SHUTDOWN_NOT_PROVEN("Demotion", "shutDown", "state"),
    /** Rule 4: {@code >=} instead of {@code >}. */
    PROOF_NOT_STRICT("Promotion", "proveThatAllIsReplayed", "isAfter"),
    /** Rule 5: the decision is on disk only with the phase after the promotion. */
    DECISION_AFTER_PROMOTION("Run", "begin", "isJournaled isDecision"),
    /** Rule 6: a failure after the decision takes everything back. */
    COMMITTED_IS_UNDONE("Runner", "fail", "isCommitted"),
    /** Rule 7: what may say "committed" on the disk is left there. */
    DOUBT_IS_LEFT("Run", "settleDoubt", "settle"),
    /** Rule 8: the driver says "aborted" of what it may still commit. */
    ABORTED_WHILE_RUNNING("Operations", "on", "isRunning"),
    /** Rule 8: a driver's silence is taken for "aborted". */
    SILENCE_IS_ABORTED("Reconciliation", "ask", "askBriefly"),
    /** Rule 8: a driver that does not know the operation says "aborted". */
    UNKNOWN_IS_ABORTED("Operations", "on", "orElse");

    private final String owner;
    private final String method;
    private final String calls;

    Mutation(String owner, String method, String calls) {
        this.owner = owner;
        this.method = method;
        this.calls = calls;
    }

    /** Whether a call in that method of a production class, or in a lambda of it, is led astray. */
    boolean isLed(String type, String caller, String call) {
        return !owner.isEmpty()
                && type.equals(owner)
                && (caller.equals(method) || caller.contains("$" + method + "$") || method.isEmpty())
                && java.util.List.of(calls.split(" ")).contains(call);
    }

    /** Whether an fsync does nothing. */
    boolean isDropped(boolean ofDirectory) {
        return this == (ofDirectory ? DIRECTORY_NOT_SYNCED : FILE_NOT_SYNCED);
    }
}

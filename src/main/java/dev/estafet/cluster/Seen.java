package dev.estafet.cluster;

import dev.estafet.node.NodeState;
import dev.estafet.node.Role;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What was last heard from a peer. Questions are asked side by side, so answers, and the want of them, come in out of order.
 *
 * @param at when, by {@link System#nanoTime}, which nobody puts back
 * @param asked when it was asked for that, by the same
 * @param failure why a later question was not answered
 */
record Seen(NodeState state, long at, long asked, @Nullable String failure) {

    static Seen never(String name) {
        var longAgo = System.nanoTime() - Duration.ofDays(365).toNanos();
        return new Seen(unreachable(name, "its service has not answered yet"), longAgo, longAgo, "not asked yet");
    }

    /** A state that says no more than that its service does not. */
    static NodeState unreachable(String name, String why) {
        return NodeState.unavailable(name, why, Role.UNKNOWN, "unknown", null, null);
    }

    /**
     * With what it says now; what it had seen before what is known already is passed over, if both came in within {@code
     * atOnce}: else the peer's clock has been set back.
     */
    Seen heard(NodeState now, long asking, Duration atOnce) {
        var overtaken = now.observedAt().isBefore(state.observedAt()) && isWithin(atOnce);
        return overtaken ? this : new Seen(now, System.nanoTime(), asking, null);
    }

    /** With a question that it did not answer, beside what it said last; not where it has answered a later one. */
    Seen missed(long asking, String why) {
        return asked - asking > 0 ? this : new Seen(state, at, asked, why);
    }

    boolean isWithin(Duration time) {
        return System.nanoTime() - at <= time.toNanos();
    }
}

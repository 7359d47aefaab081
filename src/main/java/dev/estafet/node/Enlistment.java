package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;

/**
 * A node's word that it takes part in one operation and in no other until it is released.
 *
 * @param operation the operation's id
 * @param driver the member whose service drives it
 * @param stage how far this node has gone
 * @param since when this stage began, by this node's clock
 */
@RegisterForReflection
public record Enlistment(String operation, String driver, Stage stage, Instant since) {

    /** What a node has done in an operation. */
    @RegisterForReflection
    public enum Stage {
        ENLISTED,
        /** Its server was stopped, or is being stopped, to hand over: it must not be started as primary any more. */
        DEMOTED,
        /**
         * Its server, lost as primary, was kept from starting as primary, and stopped where it still ran. Unlike a demoted one it
         * may have what nobody else has, so it does not just follow: it is for a rejoin to bring back.
         */
        FENCED,
        /** Its demotion was taken back, or forbidden before it began: in this operation it is never demoted again. */
        RESUMED,
        /** It follows the new primary: a demotion that arrives once more would stop it for nothing, and is refused. */
        FOLLOWING
    }

    public static Enlistment in(String operation, String driver) {
        return new Enlistment(operation, driver, Stage.ENLISTED, Instant.now());
    }

    /** Whether its server must not run as primary. */
    public boolean isDemoted() {
        return stage == Stage.DEMOTED || isFenced();
    }

    public boolean isFenced() {
        return stage == Stage.FENCED;
    }

    Enlistment at(Stage next) {
        return stage == next ? this : new Enlistment(operation, driver, next, Instant.now());
    }
}

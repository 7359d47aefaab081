package dev.estafet.rejoin;

import dev.estafet.node.Trouble;
import dev.estafet.node.Troubles;
import java.time.Duration;
import org.jboss.logging.Logger;

/** When a node may try again to come back by itself, and what it tells until it has. */
final class Attempts {

    private static final Logger LOG = Logger.getLogger(Attempts.class);

    private static final String TROUBLE = "does-not-rejoin";
    private static final Duration SHORTEST = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final String node;
    private final Troubles troubles;
    private long notBefore = System.nanoTime();
    private Duration next = SHORTEST;

    Attempts(String node, Troubles troubles) {
        this.node = node;
        this.troubles = troubles;
    }

    boolean areDue() {
        return System.nanoTime() - notBefore >= 0;
    }

    /** Not before that time has passed; nothing is wrong. */
    void pause(Duration time) {
        notBefore = System.nanoTime() + time.toNanos();
    }

    /** The node has come back, or need not. */
    void succeeded() {
        troubles.takeBack(TROUBLE);
        next = SHORTEST;
    }

    /** Tells why, and waits twice as long each time. */
    void failed(String detail, String remedy) {
        LOG.warnf("%s is not brought back behind the primary: %s", node, detail);
        troubles.tell(new Trouble(
                TROUBLE, "%s does not come back behind the primary by itself. %s".formatted(node, detail), remedy));
        pause(next);
        next = next.compareTo(LONGEST.dividedBy(2)) > 0 ? LONGEST : next.multipliedBy(2);
    }
}

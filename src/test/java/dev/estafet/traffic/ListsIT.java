package dev.estafet.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.estafet.testing.Machines;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.traffic.Askers.Answer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What every node says of every other while roles change: once a primary's label has turned nobody names it as writable any
 * more, in whatever form, and never are two named.
 */
@RealServers
@Execution(ExecutionMode.SAME_THREAD)
class ListsIT {

    private static final int ROUNDS = 4;
    private static final Duration SOON = Duration.ofSeconds(60);

    /**
     * What it takes a service to begin to tell its peers, on a machine that others use too. The rest of the news's way is one message: the slowest answer that
     * was seen at the same time stands for it. A peer that had to ask for itself would take up to a second.
     */
    private static final Duration BEGIN_OF_NEWS = Duration.ofMillis(400);

    /** A label older than three intervals counts as unavailable; one interval for what was on its way. */
    private static final Duration LIFE_OF_A_LABEL = Duration.ofSeconds(4);

    private final TestCluster cluster = TestCluster.apart("pg1", "pg2", "pg3").with("estafet.time-outs.peer", "2s");

    @BeforeAll
    void three() {
        cluster.startWithOnePrimary("--data-checksums").setUpAll();
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @Test
    void nobodyNamesTheOldPrimaryOnceItsLabelHasTurned() {
        try (var writers = cluster.startCalmWriters();
                var askers = new Askers(cluster)) {
            for (int round = 1; round <= ROUNDS; round++) {
                // Given
                var parts = Parts.in(cluster);
                awaitNamed(askers, parts.old());
                cluster.awaitWrites(writers);
                var begin = System.nanoTime();

                // When
                cluster.promote(parts.candidate().name());

                // Then
                awaitNamed(askers, parts.candidate());
                var answers = askers.since(begin);
                neverTwo(answers);
                onlyTheNewsWayLate(round, answers, parts.old());
            }
        }
    }

    @Test
    void aNodeThatIsCutOffListsNobodyAndNamesTheOldPrimaryNeverAgain() {
        assumeTrue(Machines.canBeApart(), "networks are cut by root");
        var parts = Parts.in(cluster);
        var alone = parts.third();
        try (var askers = new Askers(cluster)) {
            // Given
            awaitNamed(askers, parts.old());
            cluster.machines().cutBetween(alone.name(), parts.old().name());
            cluster.machines().cutBetween(alone.name(), parts.candidate().name());
            var cut = System.nanoTime();
            awaitAll(askers, alone.name() + " says that it cannot tell", it -> it.by() != alone || isStale(it));
            var stale = System.nanoTime();

            // When
            var answer = cluster.post(
                    parts.candidate().name(),
                    "/promote",
                    Map.of("candidate", parts.candidate().name(), "exclude", List.of(alone.name())));
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            var mended = System.nanoTime();
            cluster.machines().mendNetwork();

            // Then
            awaitNamed(askers, parts.candidate());
            var answers =
                    askers.since(cut).stream().filter(it -> it.by() == alone).toList();
            assertThat(answers)
                    .filteredOn(it -> it.sent() - stale > 0 && it.received() - mended < 0)
                    .isNotEmpty()
                    .allMatch(ListsIT::isStale);
            var late = answers.stream().filter(it -> names(it, parts.old())).toList();
            assertThat(late).allMatch(it -> it.sent() - cut < LIFE_OF_A_LABEL.toNanos());
            System.out.printf(
                    "Lists: the old primary was named for %d ms after the cut%n",
                    late.stream().mapToLong(it -> it.sent() - cut).max().orElse(0) / 1_000_000);
            cluster.awaitStreaming(parts.candidate().name(), alone.name());
        } finally {
            cluster.machines().mendNetwork();
        }
    }

    /** Who plays what in the next switchover. */
    private record Parts(TestNode old, TestNode candidate, TestNode third) {

        static Parts in(TestCluster cluster) {
            var primary = cluster.primary();
            var standbys = cluster.nodes().stream().filter(it -> it != primary).toList();
            return new Parts(primary, standbys.getFirst(), standbys.getLast());
        }
    }

    private static boolean names(Answer answer, TestNode node) {
        return answer.named().contains(node.name());
    }

    /** Lists are refused where nothing can be told, and all else names nobody. */
    private static boolean isStale(Answer answer) {
        return answer.named().isEmpty()
                && (answer.status() == 503 || !answer.question().isList());
    }

    private static void neverTwo(Collection<Answer> answers) {
        assertThat(answers).allMatch(it -> it.named().size() <= 1);
    }

    private static void onlyTheNewsWayLate(int round, Collection<Answer> answers, TestNode old) {
        var turned = answers.stream()
                .filter(it -> it.by() == old && it.isOwnCheck() && it.named().isEmpty())
                .mapToLong(Answer::received)
                .min()
                .orElseThrow();
        var slowest = answers.stream()
                .mapToLong(it -> it.received() - it.sent())
                .max()
                .orElseThrow();
        var late = answers.stream()
                .filter(it -> it.sent() - turned > 0 && names(it, old))
                .toList();
        System.out.printf(
                Locale.ROOT,
                "Lists: switchover %d, %d answers, the slowest took %.1f ms; the old primary was named for %.1f ms%n",
                round,
                answers.size(),
                slowest / 1e6,
                late.stream().mapToLong(it -> it.sent() - turned).max().orElse(0) / 1e6);
        assertThat(late)
                .noneMatch(it -> it.by() == old)
                .allMatch(it -> it.sent() - turned < slowest + BEGIN_OF_NEWS.toNanos());
    }

    private static void awaitNamed(Askers askers, TestNode primary) {
        awaitAll(
                askers,
                "every node names " + primary.name(),
                it -> it.named()
                        .equals(it.question().about().contains(primary.name()) ? Set.of(primary.name()) : Set.of()));
    }

    private static void awaitAll(Askers askers, String what, Predicate<Answer> isSo) {
        var now = System.nanoTime();
        await(what)
                .atMost(SOON)
                .until(
                        () -> askers.latest(now),
                        latest -> !latest.isEmpty() && latest.stream().allMatch(isSo));
    }
}

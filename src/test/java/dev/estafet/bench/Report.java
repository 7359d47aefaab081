package dev.estafet.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The rounds of a run as Markdown. */
final class Report {

    private static final List<String> IN_THE_GAP = List.of("demote", "prove", "commit", "promote", "verify");

    private final List<Round> rounds;
    private final StringBuilder text = new StringBuilder();

    Report(List<Round> rounds) {
        this.rounds = rounds;
    }

    /** Who was how quick, and what Estafet says of itself. */
    String markdown() {
        gaps();
        phases();
        return text.toString();
    }

    private void gaps() {
        line("| Conditions | | Rounds | min | median | max | × floor | rows lost |");
        line("|--|--|--:|--:|--:|--:|--:|--:|");
        byConditions().forEach((conditions, those) -> {
            var floor = gap(those, round -> round.contender() == Contender.FLOOR);
            var name = conditions.toString();
            for (var contender : Contender.values()) {
                name = gap(name, contender.toString(), those, floor, it -> it.contender() == contender && !it.first());
            }
            gap(name, "Estafet, first since its start", those, floor, Round::first);
        });
        line("");
        line("Write gap in milliseconds: the longest time in which none of four writers had a commit acknowledged.");
        line("");
    }

    /** A row, where there is something to tell; the name of the conditions stands in the first only. */
    private String gap(String name, String who, List<Round> those, Optional<Spread> floor, Predicate<Round> which) {
        var rows = those.stream().filter(which).toList();
        var spread = gap(rows, round -> true);
        if (spread.isEmpty()) {
            return name;
        }
        line("| %s | %s | %d | %s | %s | %d |"
                .formatted(
                        name,
                        who,
                        rows.size(),
                        spread.get(),
                        floor.map(it -> String.format(
                                        Locale.ROOT, "%.2f", spread.get().median() / it.median()))
                                .orElse("–"),
                        rows.stream().mapToLong(Round::lost).sum()));
        return "";
    }

    private static Optional<Spread> gap(List<Round> rounds, Predicate<Round> which) {
        var gaps = rounds.stream().filter(which).map(Round::gapMillis).toList();
        return gaps.isEmpty() ? Optional.empty() : Optional.of(Spread.of(gaps));
    }

    private void phases() {
        if (estafets(rounds).isEmpty()) {
            return;
        }
        line("| Estafet's medians, ms | %s | downtime | predicted | rejoin | longest rejoin |"
                .formatted(String.join(" | ", IN_THE_GAP)));
        line("|--|%s--:|--:|--:|--:|".formatted("--:|".repeat(IN_THE_GAP.size())));
        byConditions().forEach((conditions, those) -> {
            var mine = estafets(those);
            if (!mine.isEmpty()) {
                var phases = IN_THE_GAP.stream()
                        .map(phase -> median(
                                mine, it -> Objects.requireNonNull(it.phases()).get(phase)))
                        .collect(Collectors.joining(" | "));
                line("| %s | %s | %s | %s | %s | %s |"
                        .formatted(
                                conditions,
                                phases,
                                median(mine, Round::downtimeMillis),
                                median(mine, Round::predictedMillis),
                                median(mine, Round::rejoinMillis),
                                figure(mine, Round::rejoinMillis, Spread::max)));
            }
        });
        line("");
        line(
                "Downtime is what the certificate says, predicted what readiness had said before; rejoin is the time from the"
                        + " first write on the new primary until the old one streamed from it.");
    }

    private static List<Round> estafets(List<Round> rounds) {
        return rounds.stream().filter(it -> it.phases() != null && !it.first()).toList();
    }

    private static String median(List<Round> rounds, Function<Round, @Nullable Double> figure) {
        return figure(rounds, figure, Spread::median);
    }

    private static String figure(
            List<Round> rounds, Function<Round, @Nullable Double> figure, ToDoubleFunction<Spread> which) {
        var figures = rounds.stream().map(figure).filter(Objects::nonNull).toList();
        return figures.isEmpty() ? "–" : String.format(Locale.ROOT, "%.1f", which.applyAsDouble(Spread.of(figures)));
    }

    private Map<Conditions, List<Round>> byConditions() {
        return rounds.stream()
                .collect(Collectors.groupingBy(Round::conditions, LinkedHashMap::new, Collectors.toList()));
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}

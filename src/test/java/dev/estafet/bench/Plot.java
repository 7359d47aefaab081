package dev.estafet.bench;

import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** The gap against something that was varied, as SVG: medians joined by lines, from smallest to largest as bars. */
final class Plot {

    private static final int WIDTH = 460;
    private static final int HEIGHT = 300;
    private static final int LEFT = 60;
    private static final int BOTTOM = 250;
    private static final int TOP = 40;
    private static final int RIGHT = 440;

    private final StringBuilder svg = new StringBuilder();
    private final double highest;

    private Plot(List<Round> all) {
        var most = all.stream().mapToDouble(Round::gapMillis).max().orElse(1);
        highest = Math.ceil(most / 100) * 100;
    }

    /** One panel beside the other, with the same scale of milliseconds. */
    static String of(List<Round> byBuffers, List<Round> byRate) {
        var all = java.util.stream.Stream.concat(byBuffers.stream(), byRate.stream())
                .toList();
        var plot = new Plot(all);
        plot.line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">",
                2 * WIDTH, HEIGHT);
        plot.line("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        plot.panel(0, "shared_buffers, MB", byBuffers, Conditions::sharedBuffersMb);
        plot.panel(WIDTH, "transactions a second beside the writers", byRate, Conditions::tps);
        plot.line("</svg>");
        return plot.svg.toString();
    }

    private void panel(int at, String axis, List<Round> rounds, ToIntFunction<Conditions> varied) {
        line("<g transform=\"translate(%d,0)\">", at);
        line("<text x=\"%d\" y=\"20\">write gap, ms: smallest, median, largest</text>", LEFT);
        line("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (LEFT + RIGHT) / 2, HEIGHT - 10, axis);
        for (int step = 0; step <= 4; step++) {
            var millis = highest * step / 4;
            line("<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>", LEFT, y(millis), RIGHT);
            line("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>", LEFT - 6, y(millis) + 4, millis);
        }
        var values = rounds.stream()
                .map(it -> varied.applyAsInt(it.conditions()))
                .distinct()
                .sorted()
                .toList();
        for (int i = 0; i < values.size(); i++) {
            line(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>",
                    x(i, values.size()), BOTTOM + 18, values.get(i));
        }
        curve(rounds, varied, values, Contender.FLOOR, "#888", -4);
        curve(rounds, varied, values, Contender.ESTAFET, "#06c", 4);
        line("</g>");
    }

    private void curve(
            List<Round> rounds,
            ToIntFunction<Conditions> varied,
            List<Integer> values,
            Contender who,
            String colour,
            int shift) {
        var gaps = rounds.stream()
                .filter(it -> it.contender() == who && !it.first())
                .collect(Collectors.groupingBy(
                        it -> varied.applyAsInt(it.conditions()),
                        TreeMap::new,
                        Collectors.mapping(Round::gapMillis, Collectors.toList())));
        var points = new StringBuilder();
        gaps.forEach((value, those) -> {
            var spread = Spread.of(those);
            var x = x(values.indexOf(value), values.size()) + shift;
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y(spread.median())));
            line("<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\"/>", x, y(spread.min()), y(spread.max()), colour);
            line("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y(spread.median()), colour);
        });
        line("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>", points, colour);
        line(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"%s\">%s</text>",
                RIGHT, shift < 0 ? 36 : 20, colour, who);
    }

    private static double x(int index, int count) {
        return LEFT + (RIGHT - LEFT) * (index + 0.5) / count;
    }

    private double y(double millis) {
        return BOTTOM - (BOTTOM - TOP) * millis / highest;
    }

    private void line(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}

package dev.estafet.bench;

import java.util.Collection;
import java.util.Locale;

/** Smallest, middle and largest of some figures, milliseconds. */
record Spread(double min, double median, double max) {

    static Spread of(Collection<Double> figures) {
        var sorted = figures.stream().sorted().toList();
        var middle = sorted.size() / 2;
        var median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Spread(sorted.getFirst(), median, sorted.getLast());
    }

    /** As columns of a table. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.0f | %.0f | %.0f", min, median, max);
    }
}

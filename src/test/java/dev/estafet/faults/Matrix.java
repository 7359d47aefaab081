package dev.estafet.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What became of each cell, as a table: faults down, phases across. */
final class Matrix {

    private final Map<String, Map<String, String>> results = new LinkedHashMap<>();

    void put(Cell cell, String outcome, long millis) {
        results.computeIfAbsent(cell.fault(), it -> new LinkedHashMap<>())
                .put(cell.phase(), "%s %d ms".formatted(outcome, millis));
    }

    /** Writes the table, with these columns. */
    void write(Path file, List<String> phases, String head) throws IOException {
        var text = new StringBuilder("# Faults in the middle of a switchover\n\n").append(head);
        text.append("\n\n| fault | ").append(String.join(" | ", phases)).append(" |\n|--|");
        text.append("--|".repeat(phases.size())).append('\n');
        results.forEach((fault, outcomes) -> {
            text.append("| ").append(fault).append(" |");
            phases.forEach(phase -> text.append(' ')
                    .append(Objects.requireNonNullElse(outcomes.get(phase), ""))
                    .append(" |"));
            text.append('\n');
        });
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, text);
    }
}

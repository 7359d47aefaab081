package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import java.util.Optional;

/** The {@code archive_command} that setup puts in place (manual, section 26.3.1). */
public final class ArchiveCommand {

    private ArchiveCommand() {}

    /** The user's own command, or one for the configured directory; nothing where archiving is not configured. */
    public static Optional<String> of(EstafetConfig.Archive archive) {
        return archive.command()
                .or(() -> archive.directory()
                        .map(directory ->
                                intoDirectory(directory.toAbsolutePath().toString())));
    }

    /**
     * Copies under another name, syncs, renames: a crash leaves no half file under the right name. A file that is there
     * already is right if it is the same, as after a crash between archiving and noting it, and is never overwritten.
     */
    private static String intoDirectory(String directory) {
        if (!directory.matches("[A-Za-z0-9._/ -]+")) {
            throw new IllegalStateException(
                    "estafet.archive.directory: only letters, digits, spaces and . _ / - can be used: " + directory);
        }
        var target = "\"" + directory + "/%f\"";
        var part = "\"" + directory + "/.%f.$$\"";
        return "if test -e %1$s; then cmp -s \"%%p\" %1$s; else cp \"%%p\" %2$s && sync %2$s && mv %2$s %1$s; fi"
                .formatted(target, part);
    }
}

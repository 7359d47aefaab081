package dev.estafet.bench;

import java.util.Locale;

/**
 * Under which switchovers are measured.
 *
 * @param tps transactions a second that pgbench adds to the writers; 0 for none
 * @param archiving what becomes of WAL segments
 * @param sharedBuffersMb of both servers
 */
record Conditions(int tps, Archiving archiving, int sharedBuffersMb) {

    /** Ways to archive. */
    enum Archiving {
        OFF,
        DIRECTORY,
        SLOW;

        /** The {@code archive_command}. */
        String command(String directory) {
            var copy = "cp \"%p\" \"" + directory + "/%f\"";
            return switch (this) {
                case OFF -> "";
                case DIRECTORY -> copy;
                case SLOW -> "sleep 2 && " + copy;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public String toString() {
        return "%s, archiving %s, shared_buffers %d MB"
                .formatted(
                        tps == 0 ? "writers only" : "writers and " + tps + " tps", archivingInWords(), sharedBuffersMb);
    }

    private String archivingInWords() {
        return switch (archiving) {
            case OFF -> "off";
            case DIRECTORY -> "to a directory";
            case SLOW -> "by a command that takes 2 s";
        };
    }
}

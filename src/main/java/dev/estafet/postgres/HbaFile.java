package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A block in {@code pg_hba.conf} (manual, section 21.1) that lets the replication role in from every member: for
 * replication, and into the one ordinary database over which {@code pg_rewind} reads. It stands first, since the first line
 * that matches decides; everything outside the block is the user's and is kept.
 */
public final class HbaFile {

    private static final String BEGIN = "# BEGIN estafet (managed: changes in this block are overwritten)";
    private static final String END = "# END estafet";
    private static final Pattern BLOCK =
            Pattern.compile(Pattern.quote(BEGIN) + ".*?" + Pattern.quote(END) + "\\R?", Pattern.DOTALL);
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private HbaFile() {}

    /**
     * Who is let in.
     *
     * @param user the replication role
     * @param database the one that {@code pg_rewind} connects to
     * @param hosts of the members
     */
    public record Access(String user, String database, Collection<String> hosts) {

        /** What every member of this configuration needs on every other. */
        public static Access of(EstafetConfig config) {
            return new Access(
                    config.replication().user(),
                    config.postgres().database(),
                    config.members().values().stream().map(Member::host).toList());
        }
    }

    /** Whether the block is in the file and says just this. */
    public static boolean allows(Path file, Access access) {
        var content = read(file);
        return content.equals(withBlock(content, access));
    }

    /** Puts the block in, or brings it up to date. */
    public static void allow(Path file, Access access) {
        if (!allows(file, access)) {
            DurableFile.replace(real(file), withBlock(read(file), access));
        }
    }

    private static String withBlock(String content, Access access) {
        return block(access) + BLOCK.matcher(content).replaceAll("");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /** A link's target, so that replacing the file leaves the link. */
    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot find " + file, failure);
        }
    }

    private static String block(Access access) {
        return access.hosts().stream()
                .distinct()
                .sorted()
                .flatMap(host -> Stream.of("replication", quoted(access.database()))
                        .map(database ->
                                "host %s %s %s scram-sha-256".formatted(database, access.user(), address(host))))
                .collect(Collectors.joining("\n", BEGIN + "\n", "\n" + END + "\n"));
    }

    /** In quotes a name stands for itself, whatever it is ({@code src/backend/libpq/hba.c}). */
    private static String quoted(String database) {
        return "\"" + database.replace("\"", "\"\"") + "\"";
    }

    private static String address(String host) {
        if (!ADDRESS.matcher(host).matches()) {
            return host;
        }
        return host + (host.contains(":") ? "/128" : "/32");
    }
}

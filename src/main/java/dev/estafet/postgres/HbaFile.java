package dev.estafet.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A block in {@code pg_hba.conf} (manual, section 21.1) that lets the replication role in from every member. It stands
 * first, since the first line that matches decides; everything outside the block is the user's and is kept.
 */
public final class HbaFile {

    private static final String BEGIN = "# BEGIN estafet (managed: changes in this block are overwritten)";
    private static final String END = "# END estafet";
    private static final Pattern BLOCK =
            Pattern.compile(Pattern.quote(BEGIN) + ".*?" + Pattern.quote(END) + "\\R?", Pattern.DOTALL);
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    private HbaFile() {}

    /** Whether the block is in the file and says just this. */
    public static boolean allowsReplication(Path file, String user, Collection<String> hosts) {
        var content = read(file);
        return content.equals(withBlock(content, user, hosts));
    }

    /** Puts the block in, or brings it up to date. */
    public static void allowReplication(Path file, String user, Collection<String> hosts) {
        if (!allowsReplication(file, user, hosts)) {
            DurableFile.replace(real(file), withBlock(read(file), user, hosts));
        }
    }

    private static String withBlock(String content, String user, Collection<String> hosts) {
        return block(user, hosts) + BLOCK.matcher(content).replaceAll("");
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

    private static String block(String user, Collection<String> hosts) {
        return hosts.stream()
                .distinct()
                .sorted()
                .map(host -> "host replication %s %s scram-sha-256".formatted(user, address(host)))
                .collect(Collectors.joining("\n", BEGIN + "\n", "\n" + END + "\n"));
    }

    private static String address(String host) {
        if (!ADDRESS.matcher(host).matches()) {
            return host;
        }
        return host + (host.contains(":") ? "/128" : "/32");
    }
}

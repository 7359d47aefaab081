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

    /**
     * Puts the block in, or brings it up to date.
     *
     * @return whether the file was changed
     */
    public static boolean allowReplication(Path file, String user, Collection<String> hosts) {
        try {
            var real = file.toRealPath();
            var content = Files.readString(real);
            var wanted = block(user, hosts) + BLOCK.matcher(content).replaceAll("");
            if (wanted.equals(content)) {
                return false;
            }
            DurableFile.replace(real, wanted);
            return true;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
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

package dev.estafet.rejoin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.DurableFile;
import dev.estafet.postgres.Installation;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.TimelineHistory;
import dev.estafet.postgres.TimelineHistory.Branch;
import dev.estafet.postgres.WalFiles;
import dev.estafet.postgres.WalFiles.Segment;
import dev.estafet.rejoin.Comparison.Fork;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Keeps, in the state directory, what a rewind takes away from a server: the WAL that lies past the fork, with a note of
 * what it is ({@code branch.json}), and the server's own configuration, in whose place {@code pg_rewind} puts the primary's.
 */
@Singleton
final class ForkedBranches {

    private final Path directory;
    private final Installation installation;
    private final ObjectMapper json;

    ForkedBranches(EstafetConfig config, Installation installation, ObjectMapper json) {
        this.directory = config.stateDirectory().toAbsolutePath().resolve("forked");
        this.installation = installation;
        this.json = json;
    }

    /** Asks for the room that {@link #keep} will take. */
    void requireRoom(OwnServer own, Fork fork) {
        var wanted = segments(own, fork).size() * own.control().segmentBytes();
        var free = Objects.requireNonNull(directory.getParent()).toFile().getUsableSpace();
        if (free < wanted) {
            throw new Problem(
                            Kind.NOT_READY,
                            "The WAL past the fork takes %s, and %s are free in the state directory."
                                    .formatted(ByteSize.format(wanted), ByteSize.format(free)),
                            "Make room in %s: what the rewind takes away is kept there.".formatted(directory))
                    .raised();
        }
    }

    /** Copies the branch; everything is on disk when this returns. */
    ForkedBranch keep(String operation, OwnServer own, Fork fork) {
        var place = directory.resolve(operation);
        var segments = segments(own, fork);
        DurableFile.copy(
                Stream.concat(segments.stream().map(Segment::file), historyFiles(own))
                        .toList(),
                place);
        DurableFile.copy(configuration(installation.data()), place.resolve("configuration"));
        var branch = new ForkedBranch(
                own.control().systemIdentifier(),
                fork.parting().timeline(),
                fork.point(),
                fork.end(),
                fork.bytes(),
                place.toString(),
                segments.stream()
                        .map(it -> String.valueOf(it.file().getFileName()))
                        .toList(),
                "pg_waldump -p %s -t %s -s %s".formatted(place, fork.parting().timeline(), fork.point()));
        try {
            DurableFile.write(
                    place.resolve("branch.json"),
                    json.writerWithDefaultPrettyPrinter().writeValueAsString(branch) + "\n");
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
        return branch;
    }

    /**
     * Copies the WAL from {@code redo} up to the segment with the fork, which is the primary's as well: the rewound server
     * recovers from there, but the primary may have recycled it since, and {@code pg_rewind} before 17 deletes what the
     * primary does not have.
     *
     * @return whether it is all there
     */
    boolean keepCommon(String operation, OwnServer own, Fork fork, Lsn redo) {
        var wal = WalFiles.of(installation.data(), own.control());
        var end = wal.segmentOf(fork.point());
        var common = wal.all().stream()
                .filter(it -> !it.timeline().isAfter(fork.parting().timeline()))
                .filter(it -> !wal.segmentOf(redo).isAfter(it.start()) && end.isAfter(it.start()))
                .toList();
        DurableFile.copy(common.stream().map(Segment::file).toList(), common(operation));
        return common.stream().map(Segment::start).distinct().count() * wal.segmentBytes()
                == end.minus(wal.segmentOf(redo));
    }

    /** Puts back what of it the rewind has taken away. */
    void restoreCommon(String operation) {
        var wal = installation.data().resolve("pg_wal");
        var kept = Installation.children(common(operation));
        DurableFile.copy(
                kept.stream()
                        .filter(file -> !Files.exists(wal.resolve(file.getFileName())))
                        .toList(),
                wal);
        kept.forEach(DurableFile::delete);
    }

    private Path common(String operation) {
        return directory.resolve(operation).resolve("common");
    }

    /** Puts the server's own configuration back in the place of that which came with the rewind. */
    void restoreConfiguration(String operation) {
        DurableFile.copy(configuration(directory.resolve(operation).resolve("configuration")), installation.data());
    }

    /** Ends the WAL where the fork was. Only where nothing after it was applied. */
    void cut(OwnServer own, Fork fork) {
        var wal = WalFiles.of(installation.data(), own.control());
        beyond(own, fork).skip(1).forEach(branch -> {
            wal.cut(branch.timeline(), new Lsn(0));
            DurableFile.delete(wal.directory().resolve(branch.timeline().historyFile()));
        });
        wal.cut(fork.parting().timeline(), fork.point());
    }

    private List<Segment> segments(OwnServer own, Fork fork) {
        var wal = WalFiles.of(installation.data(), own.control());
        var first = fork.parting().timeline();
        return beyond(own, fork)
                .flatMap(branch -> wal
                        .between(
                                branch.timeline(),
                                branch.timeline().equals(first) ? fork.point() : new Lsn(0),
                                branch.end() == null ? fork.end() : branch.end())
                        .stream())
                .toList();
    }

    /** The timelines of this server's history from the one on which it forked. */
    private static Stream<Branch> beyond(OwnServer own, Fork fork) {
        var history = Objects.requireNonNullElseGet(own.history(), () -> TimelineHistory.of(own.timeline()));
        return history.branches().stream()
                .dropWhile(branch -> !branch.timeline().equals(fork.parting().timeline()));
    }

    private Stream<Path> historyFiles(OwnServer own) {
        var file = installation.data().resolve("pg_wal").resolve(own.timeline().historyFile());
        return Stream.of(file).filter(Files::exists);
    }

    private static List<Path> configuration(Path place) {
        return Installation.children(place).stream()
                .filter(file -> file.toString().endsWith(".conf") && Files.isRegularFile(file))
                .toList();
    }
}

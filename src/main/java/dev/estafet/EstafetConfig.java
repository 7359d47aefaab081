package dev.estafet;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Everything a node is told. Each key can be given as a property ({@code estafet.postgres.port}) or as an environment
 * variable ({@code ESTAFET_POSTGRES_PORT}).
 */
@ConfigMapping(prefix = "estafet")
public interface EstafetConfig {

    /** A member's name: also its {@code application_name} and, lower-cased, part of its slot's name. */
    String NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}";

    /** What HAProxy takes for a proxy's name. */
    String HAPROXY_NAME = "[A-Za-z0-9_.:-]+";

    /** Which of the members this service runs beside. */
    @Pattern(regexp = NAME)
    String node();

    /** Name of the cluster, told in answers; services of different clusters refuse each other. */
    @WithDefault("main")
    String cluster();

    /** Every node of the cluster by its name, this one too; the same on all nodes. */
    @NotEmpty
    Map<@Pattern(regexp = NAME) String, Member> members();

    Postgres postgres();

    /** Where the journal, the enlistment and the password file are kept; must outlive restarts. */
    @WithDefault("/var/lib/estafet")
    Path stateDirectory();

    Archive archive();

    Replication replication();

    /** Who may call what changes something, by the name that the journal records. */
    Map<String, Secret> operators();

    /** The secret that the services of the cluster show each other. */
    Secret peer();

    Probe probe();

    Lag lag();

    Traffic traffic();

    Haproxy haproxy();

    /** How far this node goes by itself to follow a new primary; a person can go further with one call. */
    @WithDefault("rewind")
    Rejoin rejoin();

    TimeOuts timeOuts();

    /** The PgBouncers in front of the cluster, by names of your own; the same on all nodes. */
    Map<@Pattern(regexp = NAME) String, PgBouncer> pgbouncer();

    /** Where a member's PostgreSQL and its Estafet service listen. */
    interface Member {
        /** Host name or address at which other members and clients reach this member's PostgreSQL. */
        String host();

        @WithDefault("5432")
        int port();

        /** Base address of the Estafet service beside it. */
        URI service();

        /** Where that service answers HAProxy's agent-checks; without it, it does not. */
        OptionalInt agentPort();
    }

    /** The one PostgreSQL server that this service looks after. */
    interface Postgres {
        /** Directory of {@code pg_ctl} and the other tools; by default found from the server's version. */
        Optional<Path> binDirectory();

        /** The data directory; by default the only one under Debian's {@code /var/lib/postgresql}. */
        Optional<Path> dataDirectory();

        /** Where {@code postgresql.conf} and {@code pg_hba.conf} are; by default Debian's place, else the data directory. */
        Optional<Path> configurationDirectory();

        @WithDefault("/var/run/postgresql")
        Path socketDirectory();

        @WithDefault("5432")
        int port();

        /** The database superuser; on the local socket it must be let in without a password (peer or trust). */
        @WithDefault("postgres")
        String superuser();

        /** The database in which the service works and keeps its marker table. */
        @WithDefault("postgres")
        String database();

        /** How the server is started and stopped; by default {@code pg_ctlcluster} in Debian's layout, else {@code pg_ctl}. */
        Optional<Control> control();

        /** The argument list that starts the server, for {@code control=command}; it must return once that is done. */
        Optional<List<String>> startCommand();

        /** The argument list that stops the server in fast mode, for {@code control=command}. */
        Optional<List<String>> stopCommand();

        /** Where {@code pg_ctl} sends the server's messages; by default {@code postgresql.log} in the state directory. */
        Optional<Path> logFile();
    }

    /** Ways to start and stop a server. */
    enum Control {
        PG_CTL,
        PG_CTLCLUSTER,
        COMMAND
    }

    /**
     * What a node does by itself when another one is primary on a newer timeline; each includes those before it. A server
     * that runs as primary all the same is stopped in any case.
     */
    enum Rejoin {
        /** Nothing. */
        OFF,
        /** Follow, where its own history is part of the primary's. */
        STRAIGHT,
        /** Also with {@code pg_rewind}, where histories forked; what is lost by that is kept aside. */
        REWIND,
        /** Also with a fresh copy, where that is all that helps; the old data is set aside. */
        CLONE
    }

    /** WAL archiving that setup turns on; neither key given leaves archiving as it is. */
    interface Archive {
        /** A directory to archive into, by an atomic command of ours. */
        Optional<Path> directory();

        /** An {@code archive_command} of your own. */
        Optional<String> command();
    }

    /** The role that standbys stream with; setup makes it. */
    interface Replication {
        @WithDefault("estafet_replication")
        @Pattern(regexp = "[a-z_][a-z0-9_]{0,62}")
        String user();

        Optional<String> password();

        /** What becomes, in a switchover, of a standby that streams from another standby. */
        @WithDefault("keep")
        Cascades cascades();

        /** A file whose first line is the password. */
        Optional<Path> passwordFile();
    }

    /** What becomes of cascaded standbys. */
    enum Cascades {
        /** They go on streaming from the same node. */
        KEEP,
        /** They stream from the new primary itself. */
        FOLLOW
    }

    /** A bearer token, given as it is or as the first line of a file. */
    interface Secret {
        Optional<String> token();

        Optional<Path> tokenFile();
    }

    interface Probe {
        /** How often the node looks at its server and its peers; a label older than three of these counts as unavailable. */
        @WithDefault("1s")
        Duration interval();

        /** How long a probe waits for PostgreSQL or for a peer. */
        @WithDefault("2s")
        Duration timeOut();
    }

    interface Lag {
        /** Replay lag up to which a standby may serve reads. */
        @WithDefault("16M")
        MemorySize read();

        /** Replay lag up to which a switchover begins. */
        @WithDefault("16M")
        MemorySize switchover();
    }

    interface Traffic {
        /** Whether the primary is listed for reads where no standby can serve them. */
        @WithDefault("true")
        boolean primaryFallback();

        /** How many servers a list for reads should have; with fewer standbys than that, the primary is listed too. */
        @WithDefault("1")
        int minimum();

        /** What {@code /replica?tag_NAME=VALUE} and Patroni's other checks of standbys hold this node to. */
        Map<String, String> tags();
    }

    /** A PgBouncer whose clients wait during a switchover instead of failing. */
    interface PgBouncer {
        /** Where its admin console is reached over TCP; either this or the socket directory. */
        Optional<String> host();

        /** Its {@code unix_socket_dir}, where it runs on the same host as every node. */
        Optional<Path> socketDirectory();

        @WithDefault("6432")
        int port();

        /**
         * One of its {@code admin_users}; {@code pgbouncer} needs no password over the Unix socket where it runs as the
         * service's own OS user.
         */
        @WithDefault("pgbouncer")
        String user();

        Optional<String> password();

        /** A file whose first line is the password. */
        Optional<Path> passwordFile();

        /** Those of its databases that lead to this cluster, by their names in {@code [databases]}. */
        List<String> databases();

        /** How it finds the primary. */
        @WithDefault("follows")
        Hosts hosts();

        /**
         * For {@code hosts=self}: the file with its {@code [databases]}, {@code pgbouncer.ini} or one that is included; host
         * and port are changed in it, and it is told to reload. Every node must be able to write it.
         */
        Optional<Path> databasesFile();

        /**
         * For {@code hosts=self}: the argument list that points it at another primary, in which <code>{pooler}</code>,
         * <code>{node}</code>, <code>{host}</code> and <code>{port}</code> are filled in; it is told to reload afterwards.
         */
        Optional<List<String>> pointCommand();

        /** Whether no switchover begins while it does not answer; otherwise that is a warning. */
        @WithDefault("true")
        boolean required();

        /** How long its clients may take to end their transactions; then the switchover is given up. */
        @WithDefault("5s")
        Duration pauseTimeOut();

        /** How long a switchover tries to let its clients on; then that is tried beside whatever else happens. */
        @WithDefault("10s")
        Duration resumeTimeOut();
    }

    /** How a PgBouncer finds the primary. */
    enum Hosts {
        /** By what it names as host, such as HAProxy or an address that moves. */
        FOLLOWS,
        /** It names the primary's own host, and has to be told of another one. */
        SELF
    }

    /** HAProxy in front of the cluster: how its configuration is rendered, asked for by its agent-checks, and told of changes. */
    interface Haproxy {
        /** Its stats sockets, absolute paths or {@code host:port}, that are told at once when this node changes. */
        Optional<List<String>> sockets();

        /** The address at which agent-checks are answered, at this member's {@code agent-port}. */
        @WithDefault("0.0.0.0")
        String agentHost();

        /** Address and ports at which the rendered configuration listens. */
        @WithDefault("*")
        String bind();

        @WithDefault("5000")
        int writePort();

        @WithDefault("5001")
        int readPort();

        /** Names of the proxies; in them the servers have the members' names. */
        @WithDefault("writes")
        @Pattern(regexp = HAPROXY_NAME)
        String writeBackend();

        @WithDefault("reads")
        @Pattern(regexp = HAPROXY_NAME)
        String readBackend();
    }

    /** One for each kind of wait; none of them is part of a normal switchover's duration. */
    interface TimeOuts {
        /** Connecting to a peer's service and getting a short answer. */
        @WithDefault("5s")
        Duration peer();

        /** What a peer looks up or writes down for an operation, and the way there and back where it has to wait itself. */
        @WithDefault("30s")
        Duration call();

        @WithDefault("60s")
        Duration start();

        /** From the demotion's begin until the control data says {@code shut down}; then the old primary is put back. */
        @WithDefault("60s")
        Duration stop();

        /** How long the old server's archiver may keep it from ending before it is stopped at once. */
        @WithDefault("5m")
        Duration archiver();

        @WithDefault("5m")
        Duration checkpoint();

        /** For how long at most the way through the write gap is gone through before it, so that its code is warm; 0 for not. */
        @WithDefault("2s")
        Duration rehearsal();

        /** How long the candidate may take to replay the end of the primary's WAL. */
        @WithDefault("10s")
        Duration prove();

        @WithDefault("60s")
        Duration promote();

        /** Until a standby streams. */
        @WithDefault("60s")
        Duration stream();

        /** How long a phase after the point of no return, or a roll back, is tried again before a person is asked. */
        @WithDefault("2m")
        Duration forward();

        /** Recovering a server that crashed and rewinding it, each. */
        @WithDefault("1h")
        Duration rewind();

        @WithDefault("24h")
        @WithName("base-backup")
        Duration baseBackup();

        /** Stopping a server and starting it again. */
        default Duration restart() {
            return stop().plus(start());
        }

        /** The longest that a member waits for its server before it answers. */
        default Duration longest() {
            return restart().plus(archiver()).plus(checkpoint());
        }
    }
}

package dev.estafet.testing.simulation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A PostgreSQL server as far as a switchover sees it: started and stopped, primary or standby, WAL that is written, flushed,
 * streamed and replayed, each a moment after the other; slots, synchronous standbys, its control file. Everything that
 * takes time takes a random time.
 */
final class Postgres {

    static final Path DATA = Path.of("/data");
    static final Path CONTROL = DATA.resolve("global/pg_control");
    static final Path SIGNAL = DATA.resolve("standby.signal");
    static final Path PID = DATA.resolve("postmaster.pid");
    static final Path AUTO_CONF = DATA.resolve("postgresql.auto.conf");
    static final String IDENTIFIER = "7000000000000000001";

    private static final Pattern HOST = Pattern.compile("host='([^']*)'");
    private static final byte[] NOTHING = {};

    /** What its control file says, in the order of {@code DBState}. */
    enum Control {
        STARTING_UP,
        SHUT_DOWN,
        SHUT_DOWN_IN_RECOVERY,
        SHUTTING_DOWN,
        IN_CRASH_RECOVERY,
        IN_ARCHIVE_RECOVERY,
        IN_PRODUCTION
    }

    /** How it runs. */
    enum Mode {
        DOWN,
        STARTING,
        PRIMARY,
        STANDBY,
        STOPPING
    }

    final Machine machine;
    private final World world;
    final Wal wal = new Wal();
    int replayed;
    Mode mode = Mode.DOWN;
    long pid;
    /** Counts its lives, so that what was begun in one does not go on in the next. */
    int life;
    /** Until then it does nothing, and nothing of it is answered. */
    long frozenUntil;

    private boolean isReplica;
    private boolean isPromoting;
    final TreeSet<String> slots = new TreeSet<>();
    final Map<String, String> settings = new HashMap<>();

    /** As standby: from whom it streams, in which life of his; which of his records it has asked for. */
    Postgres upstream;

    private int upstreamLife;
    private boolean isPumping;
    private boolean isConnecting;
    private long cutSince;

    Postgres(Machine machine) {
        this.machine = machine;
        this.world = machine.world;
        settings.put("synchronous_standby_names", "");
    }

    // ---- what is asked

    boolean isRunning() {
        return mode != Mode.DOWN;
    }

    boolean isAnswering() {
        return mode == Mode.PRIMARY || mode == Mode.STANDBY;
    }

    boolean takesWrites() {
        return mode == Mode.PRIMARY;
    }

    boolean isFrozen() {
        return frozenUntil > world.now();
    }

    int timeline() {
        return wal.timeline(wal.size());
    }

    boolean isStreaming() {
        return upstream != null;
    }

    boolean isStreamedFrom(String slot) {
        return standbyOn(slot) != null;
    }

    /** Ends the WAL sender of that slot; its receiver comes back, if it can. */
    void cutOff(String slot) {
        var standby = standbyOn(slot);
        if (standby != null) {
            standby.upstream = null;
            standby.isPumping = false;
            standby.connectLater(standby.life);
        }
    }

    private Postgres standbyOn(String slot) {
        for (var other : machine.cluster.machines) {
            var standby = other.server;
            if (standby.upstream == this && slot.equals(standby.setting("primary_slot_name"))) {
                return standby;
            }
        }
        return null;
    }

    String setting(String name) {
        return settings.getOrDefault(name, "");
    }

    // ---- start

    void start() {
        if (mode != Mode.DOWN || !machine.isPowered) {
            return;
        }
        mode = Mode.STARTING;
        life++;
        pid = machine.cluster.nextPid++;
        machine.disk.writeDurably(PID, (pid + "\n").getBytes(StandardCharsets.UTF_8));
        loadSettings();
        isPromoting = false;
        isReplica = machine.disk.exists(SIGNAL);
        var clean = control() == Control.SHUT_DOWN || control() == Control.SHUT_DOWN_IN_RECOVERY;
        var mine = life;
        world.trace(machine.name, () -> "PostgreSQL starts as " + (isReplica ? "standby" : "primary"));
        later(mine, world.skewed(5 * World.MILLI, clean ? 60 * World.MILLI : 400 * World.MILLI), this::started);
    }

    private void started() {
        replayed = wal.size();
        wal.flushed = wal.size();
        if (isReplica) {
            mode = Mode.STANDBY;
            control(Control.IN_ARCHIVE_RECOVERY);
            connect(life);
            return;
        }
        mode = Mode.PRIMARY;
        control(Control.IN_PRODUCTION);
        machine.cluster.invariants.onPrimary(this);
    }

    void loadSettings() {
        settings.put("primary_conninfo", "");
        settings.put("primary_slot_name", "");
        settings.put("synchronous_standby_names", "");
        var file = machine.disk.read(AUTO_CONF);
        if (file == null) {
            return;
        }
        new String(file, StandardCharsets.UTF_8).lines().forEach(line -> {
            var at = line.indexOf(" = '");
            if (at > 0) {
                settings.put(
                        line.substring(0, at),
                        line.substring(at + 4, line.length() - 1).replace("''", "'"));
            }
        });
    }

    /** {@code ALTER SYSTEM}. */
    void alter(String name, String value) {
        var file = machine.disk.read(AUTO_CONF);
        var lines = new StringBuilder();
        if (file != null) {
            new String(file, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith(name + " = "))
                    .forEach(line -> lines.append(line).append('\n'));
        }
        lines.append(name).append(" = '").append(value.replace("'", "''")).append("'\n");
        machine.disk.writeDurably(AUTO_CONF, lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    void reload() {
        var before = setting("primary_conninfo") + setting("primary_slot_name");
        loadSettings();
        if (!before.equals(setting("primary_conninfo") + setting("primary_slot_name"))) {
            disconnect();
        }
        if (mode == Mode.STANDBY && upstream == null) {
            connect(life);
        }
    }

    // ---- streaming

    /** Tries again and again, as a WAL receiver does. */
    private void connect(int mine) {
        if (life != mine || mode != Mode.STANDBY || upstream != null || isPromoting) {
            return;
        }
        var matcher = HOST.matcher(setting("primary_conninfo"));
        var target = matcher.find() ? machine.cluster.server(matcher.group(1)) : null;
        if (target != null && target != this && mayStreamFrom(target)) {
            upstream = target;
            upstreamLife = target.life;
            cutSince = 0;
            world.trace(machine.name, () -> "streams from " + target.machine.name);
            pump();
            return;
        }
        connectLater(mine);
    }

    private void connectLater(int mine) {
        if (!isConnecting) {
            isConnecting = true;
            later(mine, world.skewed(20 * World.MILLI, 5 * World.SECOND), () -> {
                isConnecting = false;
                connect(mine);
            });
        }
    }

    private boolean mayStreamFrom(Postgres target) {
        var slot = setting("primary_slot_name");
        return target.isAnswering()
                && !target.isFrozen()
                && machine.cluster.network.reaches(machine, target.machine)
                && machine.cluster.network.reaches(target.machine, machine)
                && (slot.isEmpty() || target.slots.contains(slot) && !target.isStreamedFrom(slot))
                && wal.isPrefixOf(target.wal);
    }

    private boolean hasLostUpstream() {
        if (!upstream.isRunning() || upstream.life != upstreamLife) {
            return true;
        }
        var whole = machine.cluster.network.reaches(machine, upstream.machine)
                && machine.cluster.network.reaches(upstream.machine, machine);
        if (whole) {
            cutSince = 0;
            return false;
        }
        cutSince = cutSince == 0 ? world.now() : cutSince;
        return world.now() - cutSince > World.SECOND;
    }

    private boolean isCut() {
        return cutSince != 0;
    }

    void disconnect() {
        if (upstream != null) {
            upstream = null;
            isPumping = false;
            connect(life);
        }
    }

    /** Fetches what its upstream has flushed; woken by it, since looking for it again and again would cost much. */
    void pump() {
        if (upstream == null || isPumping || mode != Mode.STANDBY) {
            return;
        }
        var mine = life;
        var source = upstream;
        isPumping = true;
        later(mine, world.skewed(30 * World.MICRO, 4 * World.MILLI), () -> {
            isPumping = false;
            if (upstream != source || mode != Mode.STANDBY) {
                return;
            }
            if (isFrozen() || source.isFrozen()) {
                pump();
                return;
            }
            if (hasLostUpstream()) {
                world.trace(machine.name, () -> "streams no more");
                disconnect();
                return;
            }
            var available = source.mode == Mode.STANDBY ? source.wal.size() : source.wal.flushed;
            if (isCut()) {
                pump();
                return;
            }
            receive(source, available);
        });
    }

    private void receive(Postgres source, int available) {
        if (wal.size() >= available) {
            return;
        }
        var upTo = (int) world.between(wal.size() + 1L, available);
        while (wal.size() < upTo) {
            wal.add(source.wal.get(wal.size()));
        }
        var mine = life;
        later(mine, world.skewed(20 * World.MICRO, 2 * World.MILLI), () -> {
            if (upTo > wal.size()) {
                return;
            }
            wal.flushed = Math.max(wal.flushed, upTo);
            source.confirmed();
            later(mine, world.skewed(10 * World.MICRO, machine.cluster.slowestReplay), () -> replay(upTo));
        });
        wakeStandbys();
        pump();
    }

    private void replay(int upTo) {
        if (mode == Mode.STANDBY) {
            replayed = Math.max(replayed, Math.min(upTo, wal.size()));
        }
    }

    private void wakeStandbys() {
        for (var other : machine.cluster.machines) {
            if (other.server.upstream == this) {
                other.server.pump();
            }
        }
    }

    private void confirmed() {
        machine.cluster.wakeCommitters(this);
    }

    // ---- writes

    /** Appends a commit; it counts once {@link #isAcknowledged} says so. */
    Wal.Entry begin(String commit) {
        var entry = wal.append(wal.timeline(wal.size()), commit, false);
        var mine = life;
        later(mine, world.skewed(20 * World.MICRO, 3 * World.MILLI), () -> {
            if (mode == Mode.PRIMARY) {
                wal.flushed = wal.size();
                wakeStandbys();
                machine.cluster.wakeCommitters(this);
            }
        });
        return entry;
    }

    boolean isAcknowledged(Wal.Entry entry) {
        return mode == Mode.PRIMARY && wal.end(wal.flushed) >= entry.end() && hasSynchronousCopy(entry);
    }

    private boolean hasSynchronousCopy(Wal.Entry entry) {
        var names = setting("synchronous_standby_names");
        if (names.isEmpty()) {
            return true;
        }
        for (var other : machine.cluster.machines) {
            var standby = other.server;
            if (standby.upstream == this
                    && (names.contains("*") || names.contains(other.name))
                    && standby.wal.end(standby.wal.flushed) >= entry.end()) {
                return true;
            }
        }
        return false;
    }

    // ---- promotion

    void requestPromotion() {
        if (mode != Mode.STANDBY || isPromoting) {
            return;
        }
        isPromoting = true;
        upstream = null;
        world.trace(machine.name, () -> "is asked to promote");
        later(life, world.skewed(World.MILLI, 80 * World.MILLI), this::promoted);
    }

    private void promoted() {
        isPromoting = false;
        if (mode != Mode.STANDBY) {
            return;
        }
        replayed = wal.size();
        var old = wal.timeline(wal.size());
        var next = machine.cluster.nextTimeline(old);
        history(old, next, wal.end(wal.size()));
        wal.append(next, null, false);
        wal.flushed = wal.size();
        replayed = wal.size();
        machine.disk.deleteDurably(SIGNAL);
        isReplica = false;
        mode = Mode.PRIMARY;
        control(Control.IN_PRODUCTION);
        world.trace(machine.name, () -> "is primary on timeline " + next);
        wakeStandbys();
        machine.cluster.invariants.onPrimary(this);
    }

    private void history(int old, int next, long at) {
        var before = machine.disk.read(historyFile(old));
        var line = "%d\t%X/%X\tno recovery target specified\n".formatted(old, at >>> 32, at & 0xFFFFFFFFL);
        var text = before == null ? line : new String(before, StandardCharsets.UTF_8) + line;
        machine.disk.writeDurably(historyFile(next), text.getBytes(StandardCharsets.UTF_8));
    }

    static Path historyFile(int timeline) {
        return DATA.resolve("pg_wal/%08X.history".formatted(timeline));
    }

    // ---- stop

    /** A fast stop: sessions end, a shutdown checkpoint is written, and every standby that is connected is sent all of it. */
    void stopFast() {
        if (mode == Mode.DOWN || mode == Mode.STOPPING) {
            return;
        }
        world.trace(machine.name, () -> "PostgreSQL begins a fast stop");
        var wasStandby = mode == Mode.STANDBY;
        var wasPrimary = mode == Mode.PRIMARY;
        mode = Mode.STOPPING;
        upstream = null;
        machine.cluster.wakeCommitters(this);
        later(life, machine.cluster.stopDuration(), () -> {
            if (wasPrimary) {
                wal.append(wal.timeline(wal.size()), null, true);
                wal.flushed = wal.size();
                control(Control.SHUT_DOWN);
                world.trace(machine.name, () -> "PostgreSQL is shut down at " + Long.toHexString(wal.end(wal.size())));
                wakeStandbys();
                later(life, world.skewed(World.MILLI, 20 * World.MILLI), () -> drain(world.now()));
                return;
            }
            if (wasStandby) {
                control(Control.SHUT_DOWN_IN_RECOVERY);
            }
            gone();
        });
    }

    private void drain(long since) {
        for (var other : machine.cluster.machines) {
            var standby = other.server;
            if (standby.upstream == this && standby.wal.size() < wal.size() && world.now() - since < 3 * World.SECOND) {
                standby.pump();
                later(life, world.skewed(World.MILLI, 20 * World.MILLI), () -> drain(since));
                return;
            }
        }
        later(life, machine.cluster.archiverDuration(), this::gone);
    }

    private void gone() {
        world.trace(machine.name, () -> "PostgreSQL has ended");
        mode = Mode.DOWN;
        life++;
        upstream = null;
        machine.disk.deleteDurably(PID);
        settle();
        left();
    }

    /** All its processes are gone at once. */
    void crash() {
        if (mode == Mode.DOWN) {
            return;
        }
        world.trace(machine.name, () -> "PostgreSQL crashes");
        mode = Mode.DOWN;
        life++;
        upstream = null;
        settle();
        left();
    }

    /** {@code pg_ctl stop -m immediate}. */
    void stopImmediately() {
        if (mode != Mode.DOWN) {
            later(life, world.skewed(World.MILLI, 50 * World.MILLI), () -> {
                crash();
                machine.disk.deleteDurably(PID);
            });
        }
    }

    private void settle() {
        wal.crash();
        replayed = Math.min(replayed, wal.size());
        isPumping = false;
        isConnecting = false;
        isPromoting = false;
        frozenUntil = 0;
    }

    private void left() {
        machine.cluster.wakeCommitters(this);
        for (var other : machine.cluster.machines) {
            if (other.server.upstream == this) {
                other.server.pump();
            }
        }
    }

    // ---- control file

    private Control control() {
        return Control.values()[
                ByteBuffer.wrap(machine.disk.read(CONTROL))
                        .order(ByteOrder.nativeOrder())
                        .getInt(16)];
    }

    void control(Control state) {
        var bytes = ByteBuffer.allocate(260).order(ByteOrder.nativeOrder());
        var last = wal.size() == 0 ? Wal.BEGIN : wal.get(wal.size() - 1).start();
        bytes.putLong(0, Long.parseUnsignedLong(IDENTIFIER));
        bytes.putInt(16, state.ordinal());
        bytes.putLong(32, last);
        bytes.putInt(48, wal.timeline(wal.size()));
        bytes.putInt(176, 1);
        bytes.putInt(228, 16 << 20);
        var crc = new CRC32C();
        crc.update(bytes.array(), 0, 256);
        bytes.putInt(256, (int) crc.getValue());
        machine.disk.writeDurably(CONTROL, bytes.array());
    }

    /** What a signal or a plain file is for: made by hand, as a person would. */
    void makeSignal() {
        machine.disk.writeDurably(SIGNAL, NOTHING);
    }

    /** In this life, and not while it is frozen. */
    private void later(int mine, long delay, Runnable action) {
        world.in(delay, () -> {
            if (life != mine) {
                return;
            }
            if (isFrozen()) {
                later(mine, frozenUntil - world.now(), action);
                return;
            }
            action.run();
        });
    }

    /** Waits, in the running task, until it holds; gives up where the server's life ends or that time has passed. */
    boolean await(long timeOut, BooleanSupplier condition) {
        var mine = life;
        var deadline = world.now() + timeOut;
        while (!condition.getAsBoolean()) {
            if (life != mine || world.now() > deadline) {
                return false;
            }
            world.pass(2 * World.MILLI);
        }
        return true;
    }
}

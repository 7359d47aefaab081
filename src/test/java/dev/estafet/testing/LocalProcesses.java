package dev.estafet.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The processes of this machine, as {@code /proc} shows them. */
public final class LocalProcesses {

    private LocalProcesses() {}

    /** Those that work in this directory or below, as all of a PostgreSQL server's do, or that name it on their command line. */
    public static List<ProcessHandle> of(Path directory) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> worksIn(process, directory)
                        || commandLine(process.pid()).contains(directory + "/"))
                .toList();
    }

    /** Those of a program that have this argument. */
    public static List<ProcessHandle> of(String program, Path argument) {
        return ProcessHandle.allProcesses()
                .filter(process -> {
                    var arguments = List.of(commandLine(process.pid()).split("\0"));
                    return arguments.getFirst().endsWith("/" + program) && arguments.contains(argument.toString());
                })
                .toList();
    }

    /** The command line, its arguments ended by NUL; empty for a process that is gone or that is the kernel's. */
    public static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
        } catch (IOException gone) {
            return "";
        }
    }

    /** Sends a signal that Java has no call for, such as {@code STOP}. */
    public static void signal(ProcessHandle process, String signal) {
        ServerUser.runAsCaller(List.of("kill", "-s", signal, Long.toString(process.pid())));
    }

    private static boolean worksIn(ProcessHandle process, Path directory) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
                    .startsWith(directory);
        } catch (IOException gone) {
            return false;
        }
    }
}

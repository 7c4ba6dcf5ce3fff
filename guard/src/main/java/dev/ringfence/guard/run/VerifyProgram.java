package dev.ringfence.guard.run;

import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.VerifiedRecord;
import dev.ringfence.guard.model.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** The program {@code verify --model FILE [--record FILE] DIR}: 0 good, 1 refused, 2 not usable. */
public final class VerifyProgram {
  private VerifyProgram() {}

  /** Verifies a folder; with a record, what was read is written there for the guard. */
  public static int run(List<String> args) throws Unusable {
    Arguments a = new Arguments(args, Set.of("--model", "--record"), Set.of());
    if (a.operands().size() != 1) {
      throw new Unusable("usage: verify --model FILE [--record FILE] DIR");
    }
    ModelDocument model = model(a.required("--model"));
    Path folder = Path.of(a.operands().getFirst());
    if (!Files.isDirectory(folder)) {
      throw new Unusable("there is no folder of that name");
    }
    Optional<Path> recordFile = a.option("--record").map(Path::of);
    VerifiedRecord record = recordFile.map(VerifiedRecord::read).orElseGet(VerifiedRecord::new);
    AtomicLong read = new AtomicLong();
    try {
      new Verifier(model.facts(), folder, record, read::addAndGet).verify();
      if (recordFile.isPresent()) {
        record.write(recordFile.get());
      }
    } catch (ModelFault e) {
      System.err.println("ringfence: refused: " + e.line());
      return 1;
    } catch (IOException e) {
      throw new Unusable("the folder cannot be read: " + ioReason(e));
    }
    System.out.println("verified " + model.facts().files().size() + " files of " + model.name());
    return 0;
  }

  /** The TrustedModel of a file. */
  static ModelDocument model(String file) throws Unusable {
    try {
      ModelDocument model = ModelDocument.read(Files.readString(Path.of(file)));
      if (model.revoked()) {
        throw new Unusable("VLLM-408 this TrustedModel is revoked");
      }
      return model;
    } catch (IOException e) {
      throw new Unusable("the TrustedModel cannot be read");
    } catch (ModelDocument.Unusable e) {
      throw new Unusable("the TrustedModel cannot be used: " + e.reason());
    }
  }

  /** What the system says of a file, without its path. */
  static String ioReason(IOException e) {
    if (e instanceof java.nio.file.FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof java.nio.file.NoSuchFileException) {
      return "no such file";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.replaceAll("[^ -~]", "?");
  }
}

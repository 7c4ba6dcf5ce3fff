package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What the engine was asked to be.
type config struct {
	version     string
	arguments   parsed
	behaviour   *behaviour
	served      []string
	folder      string // what is served
	maxModelLen int
	outputCap   int // tokens of one answer, whatever is asked; 0 for none
}

func configure(version string, arguments parsed) (*config, error) {
	c := &config{version: version, arguments: arguments}
	c.folder = arguments.last("model", arguments.last("--model", ""))
	if c.folder == "" {
		c.folder = "Qwen/Qwen3-0.6B" // vLLM's own default
	}
	c.served = arguments["--served-model-name"]
	if len(c.served) == 0 {
		c.served = []string{c.folder}
	}
	var err error
	if c.behaviour, err = behaviourOf(c.served); err != nil {
		return nil, err
	}
	if text := arguments.last("--max-model-len", ""); text != "" {
		n, err := strconv.Atoi(fmt.Sprint(humanValue(text)))
		if err != nil {
			return nil, fmt.Errorf("ValueError: --max-model-len=%s", text)
		}
		c.maxModelLen = n
	}
	var generation struct {
		MaxNewTokens int `json:"max_new_tokens"`
	}
	if err := json.Unmarshal([]byte(arguments.last("--override-generation-config", "{}")), &generation); err != nil {
		return nil, fmt.Errorf("ValueError: --override-generation-config: %w", err)
	}
	c.outputCap = generation.MaxNewTokens
	fraction, err := strconv.ParseFloat(arguments.last("--gpu-memory-utilization", "0.92"), 64)
	if err != nil || fraction <= 0 || fraction > 1 {
		return nil, fmt.Errorf("ValueError: GPU memory utilization must be above 0 and at most 1")
	}
	return c, nil
}

// What of a model's config.json the engine goes by.
type modelConfig struct {
	Architectures         []string `json:"architectures"`
	MaxPositionEmbeddings int      `json:"max_position_embeddings"`
	QuantizationConfig    struct {
		QuantMethod string `json:"quant_method"`
	} `json:"quantization_config"`
	SpeculatorsConfig struct {
		Verifier struct {
			NameOrPath string `json:"name_or_path"`
		} `json:"verifier"`
	} `json:"speculators_config"`
}

// load reads what vLLM would read first, and fails where it would fail.
func (c *config) load() error {
	model, err := c.readModelConfig()
	if err != nil {
		return err
	}
	// The real engine does this too: a file of the model names the model that is served.
	if other := model.SpeculatorsConfig.Verifier.NameOrPath; other != "" {
		log.Printf("speculators_config: serving %s", other)
		c.folder = other
	}
	if c.maxModelLen == 0 {
		c.maxModelLen = model.MaxPositionEmbeddings
	}
	long := os.Getenv("VLLM_ALLOW_LONG_MAX_MODEL_LEN") == "1"
	if most := model.MaxPositionEmbeddings; most > 0 && c.maxModelLen > most && !long {
		return fmt.Errorf("ValueError: max_model_len (%d) is greater than the derived max_model_len (%d)", c.maxModelLen, most)
	}
	asked := c.arguments.last("--quantization", "")
	if has := model.QuantizationConfig.QuantMethod; asked != "" && asked != has {
		return fmt.Errorf("ValueError: quantization method of the model config (%q) does not match --quantization (%q)", has, asked)
	}
	if err := c.readWeights(); err != nil {
		return err
	}
	return writeLikeVllm()
}

func (c *config) readModelConfig() (modelConfig, error) {
	var model modelConfig
	text, err := os.ReadFile(filepath.Join(c.folder, "config.json"))
	if err != nil {
		return model, fmt.Errorf("OSError: no config.json in the model's folder")
	}
	if err := json.Unmarshal(text, &model); err != nil {
		return model, fmt.Errorf("ValueError: config.json: %w", err)
	}
	return model, nil
}

// Reads every header; the offsets must lie within the file, as safetensors' own reader demands.
func (c *config) readWeights() error {
	files, _ := filepath.Glob(filepath.Join(c.folder, "*.safetensors"))
	if len(files) == 0 {
		return fmt.Errorf("RuntimeError: Cannot find any model weights with `%s`", c.folder)
	}
	for _, file := range files {
		if err := readHeader(file); err != nil {
			return fmt.Errorf("SafetensorError: %s: %w", filepath.Base(file), err)
		}
	}
	log.Printf("Loading safetensors checkpoint shards: %d of %d", len(files), len(files))
	return nil
}

func readHeader(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var length uint64
	if err := binary.Read(f, binary.LittleEndian, &length); err != nil || length > uint64(info.Size()) {
		return fmt.Errorf("HeaderTooLarge")
	}
	var header map[string]json.RawMessage
	if err := json.NewDecoder(io.LimitReader(f, int64(length))).Decode(&header); err != nil {
		return fmt.Errorf("InvalidHeader")
	}
	return nil
}

// Caches under HOME and shared memory, where vLLM has them. They must be writable, and the rest
// need not be.
func writeLikeVllm() error {
	root := os.Getenv("VLLM_CACHE_ROOT")
	if root == "" {
		root = filepath.Join(os.Getenv("HOME"), ".cache", "vllm")
	}
	cache := filepath.Join(root, "torch_compile_cache")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("OSError: %w", err)
	}
	if err := os.WriteFile(filepath.Join(cache, "stand-in"), []byte("nothing was compiled\n"), 0o600); err != nil {
		return fmt.Errorf("OSError: %w", err)
	}
	if err := os.WriteFile("/dev/shm/psm_stand_in", make([]byte, 4<<20), 0o600); err != nil {
		return fmt.Errorf("OSError: %w", err)
	}
	return nil
}

// The labels of vllm:cache_config_info: the resolved cache settings.
func (c *config) cacheConfig() map[string]string {
	caching := c.arguments.on("--enable-prefix-caching", true)
	fraction, _ := strconv.ParseFloat(c.arguments.last("--gpu-memory-utilization", "0.92"), 64)
	labels := map[string]string{
		"block_size":               c.arguments.last("--block-size", "16"),
		"cache_dtype":              c.arguments.last("--kv-cache-dtype", "auto"),
		"enable_prefix_caching":    python(caching),
		"engine":                   "0",
		"gpu_memory_utilization":   strconv.FormatFloat(fraction, 'g', -1, 64),
		"kv_cache_memory_bytes":    c.arguments.last("--kv-cache-memory-bytes", "None"),
		"kv_offloading_backend":    c.arguments.last("--kv-offloading-backend", "native"),
		"kv_offloading_size":       c.arguments.last("--kv-offloading-size", "None"),
		"num_cpu_blocks":           "None",
		"num_gpu_blocks":           "1024",
		"prefix_caching_hash_algo": c.arguments.last("--prefix-caching-hash-algo", "sha256"),
	}
	c.behaviour.lie(labels)
	return labels
}

func python(b bool) string {
	text := strconv.FormatBool(b)
	return strings.ToUpper(text[:1]) + text[1:]
}

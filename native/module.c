// The Python side: arguments in, answers out. Everything else is in the other files.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string.h>

#include "alphabet.h"
#include "index.h"
#include "text.h"

// A str or bytes as UTF-8. `kept` receives a reference that must outlive the bytes, or NULL.
static const uint8_t *utf8(PyObject *text, Py_ssize_t *size, PyObject **kept) {
    *kept = NULL;
    if (PyBytes_Check(text)) {
        *size = PyBytes_GET_SIZE(text);
        return (const uint8_t *)PyBytes_AS_STRING(text);
    }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "a plate is str or bytes, not %.100s", Py_TYPE(text)->tp_name);
        return NULL;
    }
    const char *bytes = PyUnicode_AsUTF8AndSize(text, size);
    if (!bytes && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { // it holds half a surrogate pair
        PyErr_Clear();
        *kept = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
        if (!*kept)
            return NULL;
        *size = PyBytes_GET_SIZE(*kept);
        bytes = PyBytes_AS_STRING(*kept);
    }
    return (const uint8_t *)bytes;
}

static PyObject *pack(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs) {
    static char *names[] = {"text", "run", NULL};
    PyObject *text, *kept;
    int run = 0;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$p", names, &text, &run))
        return NULL;
    const uint8_t *bytes = utf8(text, &size, &kept);
    if (!bytes)
        return NULL;
    PyObject *codes = PyBytes_FromStringAndSize(NULL, size); // a symbol takes a byte or more of UTF-8
    if (codes) {
        size_t n = text_pack(bytes, (size_t)size, run, (uint8_t *)PyBytes_AS_STRING(codes), (size_t)size);
        _PyBytes_Resize(&codes, (Py_ssize_t)n);
    }
    Py_XDECREF(kept);
    return codes;
}

static PyObject *one_line(PyObject *Py_UNUSED(module), PyObject *codes) {
    if (!PyBytes_Check(codes))
        return PyErr_Format(PyExc_TypeError, "codes are bytes, not %.100s", Py_TYPE(codes)->tp_name);
    Py_ssize_t size = PyBytes_GET_SIZE(codes);
    uint8_t turned[8];
    if (size == 8) {
        memcpy(turned, PyBytes_AS_STRING(codes), 8);
        if (text_one_line(turned, 8))
            return PyBytes_FromStringAndSize((const char *)turned, 8);
    }
    return Py_NewRef(codes);
}

static PyObject *alphabet(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused)) {
    int count;
    const uint32_t *points = alphabet_points(&count);
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, points, count);
}

// A C-contiguous view of `object` as rows of `width` items of a type (as the struct module names it), or -1. *rows:
// how many rows it must have, or -1 to be told.
static int view(PyObject *object, Py_buffer *buffer, const char *name, const char *type, Py_ssize_t width,
                Py_ssize_t *rows) {
    if (PyObject_GetBuffer(object, buffer, PyBUF_ND | PyBUF_FORMAT) < 0)
        return -1;
    if (strcmp(buffer->format, type) != 0 || buffer->ndim != (width == 1 ? 1 : 2) ||
        (width > 1 && buffer->shape[1] != width) || (*rows >= 0 && buffer->shape[0] != *rows)) {
        PyErr_Format(PyExc_ValueError, "%s is not an array of the shape and type that the signature names", name);
        PyBuffer_Release(buffer);
        return -1;
    }
    *rows = buffer->shape[0];
    return 0;
}

// A new numpy array of zeros, and a view for writing to it.
static PyObject *zeros(const char *type, Py_ssize_t n, Py_ssize_t width, Py_buffer *buffer) {
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (!numpy)
        return NULL;
    PyObject *array = width == 1 ? PyObject_CallMethod(numpy, "zeros", "ns", n, type)
                                 : PyObject_CallMethod(numpy, "zeros", "(nn)s", n, width, type);
    Py_DECREF(numpy);
    if (array && PyObject_GetBuffer(array, buffer, PyBUF_WRITABLE) < 0)
        Py_CLEAR(array);
    return array;
}

// Packs each text into its row. GIL held: the texts belong to Python.
static int pack_all(PyObject *const *texts, Py_ssize_t n, const uint8_t *rows, uint8_t *codes, int32_t *lengths) {
    for (Py_ssize_t i = 0; i < n; i++, codes += PLATE_SYMBOLS) {
        Py_ssize_t size;
        PyObject *kept;
        const uint8_t *bytes = utf8(texts[i], &size, &kept);
        if (!bytes)
            return -1;
        size_t length = text_pack(bytes, (size_t)size, false, codes, PLATE_SYMBOLS);
        Py_XDECREF(kept);
        if (!rows || rows[i])
            text_one_line(codes, length);
        lengths[i] = length > INT32_MAX ? INT32_MAX : (int32_t)length;
    }
    return 0;
}

static PyObject *pack_into_arrays(PyObject *tuple, const uint8_t *rows) {
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    Py_buffer codes_view, lengths_view;
    PyObject *codes = zeros("u1", n, PLATE_SYMBOLS, &codes_view);
    if (!codes)
        return NULL;
    PyObject *result = NULL, *lengths = zeros("i4", n, 1, &lengths_view);
    if (lengths) {
        if (pack_all(&PyTuple_GET_ITEM(tuple, 0), n, rows, codes_view.buf, lengths_view.buf) == 0)
            result = PyTuple_Pack(2, codes, lengths);
        PyBuffer_Release(&lengths_view);
        Py_DECREF(lengths);
    }
    PyBuffer_Release(&codes_view);
    Py_DECREF(codes);
    return result;
}

static PyObject *pack_batch(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *texts, *rows = Py_None, *result = NULL;
    if (!PyArg_ParseTuple(args, "O|O", &texts, &rows))
        return NULL;
    PyObject *tuple = PySequence_Tuple(texts);
    if (!tuple)
        return NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    Py_buffer buffer;
    if (rows == Py_None) {
        result = pack_into_arrays(tuple, NULL);
    } else if (view(rows, &buffer, "rows", "?", 1, &n) == 0) {
        result = pack_into_arrays(tuple, buffer.buf);
        PyBuffer_Release(&buffer);
    }
    Py_DECREF(tuple);
    return result;
}

// Set by tp_new and never changed, so that calls which have let go of the GIL can rely on it.
typedef struct {
    PyObject_HEAD struct index *index;
} Index;

static PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"fold", NULL};
    const char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#", names, &bytes, &size))
        return NULL;
    const uint8_t *fold = (const uint8_t *)bytes;
    for (int i = 0; size == 256 && i < 256; i++)
        if ((fold[i] == SYMBOL_END) != (i == SYMBOL_END) || (fold[i] == SYMBOL_ANY) != (i == SYMBOL_ANY))
            size = 0;
    if (size != 256) {
        PyErr_SetString(PyExc_ValueError, "fold must be 256 bytes, with 0 and 255 in classes of their own");
        return NULL;
    }
    Index *self = (Index *)type->tp_alloc(type, 0);
    if (self && !(self->index = index_create(fold))) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void index_dealloc(Index *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (self->index)
        index_destroy(self->index);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *index_build_method(Index *self, PyObject *args) {
    PyObject *codes, *ids;
    Py_buffer codes_view, ids_view;
    Py_ssize_t n = -1;
    if (!PyArg_ParseTuple(args, "OO", &codes, &ids) || view(codes, &codes_view, "codes", "B", PLATE_SYMBOLS, &n) < 0)
        return NULL;
    PyObject *result = NULL;
    if (view(ids, &ids_view, "ids", "I", 1, &n) == 0) {
        bool done;
        Py_BEGIN_ALLOW_THREADS;
        done = index_build(self->index, codes_view.buf, ids_view.buf, (size_t)n);
        Py_END_ALLOW_THREADS;
        result = done ? Py_NewRef(Py_None) : PyErr_NoMemory();
        PyBuffer_Release(&ids_view);
    }
    PyBuffer_Release(&codes_view);
    return result;
}

static int parse_row(PyObject *args, const uint8_t **codes, uint32_t *id) {
    const char *bytes;
    Py_ssize_t size;
    PyObject *number;
    if (!PyArg_ParseTuple(args, "y#O", &bytes, &size, &number))
        return -1;
    if (size != PLATE_SYMBOLS) {
        PyErr_Format(PyExc_ValueError, "codes must be %d bytes, not %zd", PLATE_SYMBOLS, size);
        return -1;
    }
    unsigned long value = PyLong_AsUnsignedLong(number);
    if (value == (unsigned long)-1 && PyErr_Occurred())
        return -1;
    if (value > UINT32_MAX) {
        PyErr_Format(PyExc_OverflowError, "id %lu does not fit 32 bits", value);
        return -1;
    }
    *codes = (const uint8_t *)bytes;
    *id = (uint32_t)value;
    return 0;
}

static PyObject *index_insert_method(Index *self, PyObject *args) {
    const uint8_t *codes;
    uint32_t id;
    bool done;
    if (parse_row(args, &codes, &id) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    done = index_insert(self->index, codes, id);
    Py_END_ALLOW_THREADS;
    return done ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *index_delete_method(Index *self, PyObject *args) {
    const uint8_t *codes;
    uint32_t id;
    bool done;
    if (parse_row(args, &codes, &id) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    done = index_delete(self->index, codes, id);
    Py_END_ALLOW_THREADS;
    return PyBool_FromLong(done);
}

static PyObject *array_of(const char *type, const void *items, size_t n, size_t size) {
    Py_buffer buffer;
    PyObject *array = zeros(type, (Py_ssize_t)n, 1, &buffer);
    if (array) {
        if (n > 0)
            memcpy(buffer.buf, items, n * size);
        PyBuffer_Release(&buffer);
    }
    return array;
}

static PyObject *found_arrays(const struct found *found) {
    PyObject *reads = array_of("i4", found->reads, found->n, sizeof *found->reads);
    PyObject *ids = reads ? array_of("u4", found->ids, found->n, sizeof *found->ids) : NULL;
    PyObject *result = ids ? PyTuple_Pack(2, reads, ids) : NULL;
    Py_XDECREF(reads);
    Py_XDECREF(ids);
    return result;
}

static PyObject *index_search_method(Index *self, PyObject *args) {
    PyObject *codes, *lengths;
    Py_buffer codes_view, lengths_view;
    Py_ssize_t m = -1;
    if (!PyArg_ParseTuple(args, "OO", &codes, &lengths) ||
        view(codes, &codes_view, "codes", "B", PLATE_SYMBOLS, &m) < 0)
        return NULL;
    PyObject *result = NULL;
    if (view(lengths, &lengths_view, "lengths", "i", 1, &m) == 0) {
        struct found found = {0};
        bool done;
        Py_BEGIN_ALLOW_THREADS;
        done = index_search(self->index, codes_view.buf, lengths_view.buf, (size_t)m, &found);
        Py_END_ALLOW_THREADS;
        result = done ? found_arrays(&found) : PyErr_NoMemory();
        free(found.reads);
        free(found.ids);
        PyBuffer_Release(&lengths_view);
    }
    PyBuffer_Release(&codes_view);
    return result;
}

static Py_ssize_t index_length(Index *self) {
    size_t size;
    Py_BEGIN_ALLOW_THREADS;
    size = index_size(self->index);
    Py_END_ALLOW_THREADS;
    return (Py_ssize_t)size;
}

static PyMethodDef index_methods[] = {
    {"build", (PyCFunction)index_build_method, METH_VARARGS, "build(codes, ids): replace all rows"},
    {"insert", (PyCFunction)index_insert_method, METH_VARARGS, "insert(codes, id): add a row"},
    {"delete", (PyCFunction)index_delete_method, METH_VARARGS, "delete(codes, id): whether there was such a row"},
    {"search", (PyCFunction)index_search_method, METH_VARARGS, "search(codes, lengths): pairs (reads, ids)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_methods, index_methods},
    {Py_sq_length, index_length},
    {Py_tp_doc, "The live index of listed plates."},
    {0, NULL},
};

static PyType_Spec index_spec = {
    .name = "platematch._native.Index",
    .basicsize = sizeof(Index),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = index_slots,
};

static PyMethodDef functions[] = {
    {"pack", (PyCFunction)(void (*)(void))pack, METH_VARARGS | METH_KEYWORDS, "pack(text, *, run=False): symbol codes"},
    {"one_line", one_line, METH_O, "one_line(codes): a two-line plate as one line, anything else as it is"},
    {"pack_batch", pack_batch, METH_VARARGS, "pack_batch(texts, rows=None): (codes, lengths)"},
    {"alphabet", alphabet, METH_NOARGS, "alphabet(): the letters by code, beginning with code 1"},
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module) {
    alphabet_fill();
    PyObject *type = PyType_FromSpec(&index_spec);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Index", type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};

static PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "platematch._native",
    .m_doc = "Plate text to symbols, and the live index of listed plates.",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__native(void) {
    return PyModuleDef_Init(&module_definition);
}

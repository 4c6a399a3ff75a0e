# Zstandard.
import _zstd
from _zstd import *
import compression.zstd as z
def show(f,*a,**k):
    try: print(repr(f(*a,**k))[:300])
    except BaseException as e: print(type(e).__name__, e)
c=z.ZstdCompressor()
show(c.compress,b"x",5); show(c.flush,5); show(c.flush,0); show(lambda:c.last_mode); show(c.compress,b"abc"); show(c.flush); show(c.set_pledged_input_size, 5); show(c.set_pledged_input_size,-1); show(c.compress,b"abc"); show(c.set_pledged_input_size,5); show(c.compress, b"",2)
show(z.ZstdCompressor, 1000); show(z.ZstdCompressor,"x"); show(z.ZstdCompressor,1,{}); show(z.ZstdCompressor, options=5); show(z.ZstdCompressor, options={5:1}); show(z.ZstdCompressor, options={"a":1}); show(z.ZstdCompressor, options={100:"x"}); show(z.ZstdCompressor, options={z.CompressionParameter.window_log:1000}); show(z.ZstdCompressor, options={z.DecompressionParameter.window_log_max:10}); show(z.ZstdCompressor, zstd_dict=5); show(z.ZstdCompressor, 2**40); show(z.ZstdCompressor, options={100:2**40})
show(z.ZstdDecompressor, options=5); show(z.ZstdDecompressor, options={5:1}); show(z.ZstdDecompressor, options={100:1000});show(z.ZstdDecompressor, options={"a":1000}); show(z.ZstdDecompressor, options={z.CompressionParameter.window_log:10}); show(z.ZstdDecompressor, zstd_dict=5); show(z.ZstdDecompressor, zstd_dict=(1,2)); 
d=z.ZstdDecompressor(); show(d.decompress,b"abcdefgh"); d=z.ZstdDecompressor(); x=z.compress(b"abc"); show(d.decompress,x+b"zz"); show(lambda:(d.eof,d.unused_data,d.needs_input)); show(d.decompress,b"")
show(ZstdDict,b"abc"); show(ZstdDict,b"abcdefghij"); show(ZstdDict,b"abcdefghij",is_raw=True); q=ZstdDict(b"abcdefghij",is_raw=True); show(lambda:(q.dict_id,q.dict_content,len(q),q.as_prefix,q.as_digested_dict,q.as_undigested_dict)); show(ZstdDict,5)
show(get_param_bounds,100,True); show(get_param_bounds,100,False); show(get_param_bounds,5,True); show(get_param_bounds,5,False); show(get_frame_info,x); show(get_frame_info,b"abc"); show(get_frame_size,x); show(get_frame_size,b"abc"); show(get_frame_info,b"")
show(set_parameter_types,1,2); show(set_parameter_types,int,2)
show(train_dict,b"abc",(3,),100); show(train_dict,b"abc",(4,),100); show(train_dict,b"abc",[3],100); show(train_dict,b"abc",("x",),100); show(train_dict,b"abc",(3,),-1); show(train_dict, b"", (), 10)
show(finalize_dict,b"abc",b"abc",(3,),100,3); show(finalize_dict,b"abcdefghi",b"abc"*100,(3,)*100,1000,3); show(finalize_dict,b"abcdefghi",b"abc"*100,(3,)*100,0,3)
show(lambda: z.ZstdDict.__new__.__text_signature__); show(lambda: c.__reduce__())
c=z.ZstdCompressor(zstd_dict=q); y=c.compress(b"abcdefghijabcdefghij",2); show(lambda:y); show(z.ZstdDecompressor(zstd_dict=q).decompress,y); show(z.ZstdDecompressor().decompress,y)
c=z.ZstdCompressor(zstd_dict=q.as_prefix); y=c.compress(b"abcdefghijabcdefghij",2); show(lambda:y); show(z.ZstdDecompressor(zstd_dict=q.as_prefix).decompress,y)
